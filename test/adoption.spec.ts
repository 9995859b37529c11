import { dumpSchema } from '../scripts/dump-schema.mjs';
import { ADOPTED_UP_TO, MIGRATIONS } from '../src/database/migrations.js';
import type { FeedPageResponse } from '../src/feed/feed-responses.js';
import { ActivityFold } from '../src/stats/activity-fold.js';
import { TestApplication } from './support/application.js';
import { TestDatabase } from './support/database.js';
import { deliverUntil, REACHABLE } from './support/hooked.js';
import { expectInvariants } from './support/invariants.js';
import { LEGACY, lasting, restoreLegacy } from './support/legacy-database.js';
import { migrate } from './support/migrating.js';
import { Receiver } from './support/receiver.js';

/** The tables that came after the 32 migrations. */
const NEW_TABLES = [
  'audit_events',
  'bulk_items',
  'bulk_plans',
  'declines',
  'ended_waits',
  'event_tickets',
  'feed_backlog',
  'feed_positions',
  'first_replies',
  'former_phone_keys',
  'lead_keys',
  'left_leads',
  'missed_acceptances',
  'operator_presence',
  'outlook_paces',
  'outlook_progress',
  'outlooks',
  'presence_sweeps',
  'retention_progress',
  'search_backlog',
  'search_texts',
  'sql_files',
  'unattended_inboxes',
];

const RENAMED: Record<string, string> = { grace_periods: 'deadlines' };

const OF_WHOLE_TENANTS = `(inbox_id, operator_id) = ('00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000')`;
/** A migration adds the arrivals of whole tenants. */
const NOT_ADDED: Record<string, string> = {
  activity_series: `where not ${OF_WHOLE_TENANTS}`,
  activity_totals: `where series_id not in (select id from activity_series where ${OF_WHOLE_TENANTS})`,
};

const LATER = MIGRATIONS.slice(MIGRATIONS.indexOf(ADOPTED_UP_TO) + 1);

let app: TestApplication;
let database: TestDatabase;
let fresh: TestDatabase;
beforeAll(async () => {
  [database, fresh] = [await TestDatabase.create(), await TestDatabase.create()];
  await restoreLegacy(database);
  const { said } = await migrate(database, ['status']);
  expect(said.at(-1)).toBe('The database was created before the first release. Run db:run to adopt it.');
  const { code, told } = await migrate(database, ['run']);
  expect({ code, told }).toMatchObject({
    code: 0,
    told: [
      '• adopting a database of before the first release, made by 32 migrations',
      ...LATER.map(({ name }, i) => `• migration ${i + 1} of ${LATER.length}: ${name}`),
      expect.stringMatching(/^• applied /),
    ],
  });
  const platformKey = LEGACY.callers['platform']!.headers['Authorization']!.replace('Bearer ', '');
  app = await TestApplication.on(database, { ...REACHABLE, PLATFORM_API_KEY: platformKey });
});
afterAll(async () => {
  await app.stop();
  await database.close();
  await fresh.close();
});

const headersOf = (caller: string) => LEGACY.callers[caller]!.headers;

async function ask(caller: string, path: string): Promise<unknown> {
  return withoutNewFields(await askAll(caller, path));
}

async function askAll(caller: string, path: string): Promise<unknown> {
  const { body } = await app.call('get', path, headersOf(caller)).expect(200);
  return lasting(body);
}

/** The fields that conversations, settings and inboxes have got since. */
const OF_THE_ROW = [
  'inboxName',
  'originInboxId',
  'customerAddress',
  'subject',
  'assignedOperatorName',
  'lastOperatorId',
  'lastOperatorName',
  'waitingMessageCount',
  'countBasis',
  'defaultInboxId',
  'externalIds',
  'boostMinutes',
  'lastReplyAt',
  'awaitingReplySince',
  'acceptBy',
  'isParked',
  'parkedUntil',
  'declineSeconds',
  'presenceTimeoutSeconds',
  'operatorsMayHandOver',
  'missesBeforePause',
  'maxParked',
  'retentionDays',
  'backlogPerMinute',
  'acceptWithinSeconds',
  'replyWithinSeconds',
  'waitTargetSeconds',
  'unattendedSeconds',
  'onReplyOverdue',
  'affinity',
  'redirectToInboxId',
  'revokedAt',
  'revokedBy',
  'scopes',
  'outcome',
  'resolvedByOutcome',
  'resolvedByOutcomeLastHour',
];

function withoutNewFields(body: unknown): unknown {
  const left = (key: string, value: unknown) => (OF_THE_ROW.includes(key) ? undefined : value);
  return JSON.parse(JSON.stringify(body, left)) as unknown;
}

/** All that a reader is told behind a cursor. */
async function readOn(caller: string, query: object, after?: string): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor = after; ;) {
    const from = cursor === undefined ? {} : { after: cursor };
    const { body } = await app
      .call('get', '/events', headersOf(caller))
      .query({ ...query, limit: 1_000, ...from })
      .expect(200);
    const { data, nextCursor, hasMore } = body as FeedPageResponse;
    ids.push(...data.map(({ id }) => id));
    if (!hasMore) return ids;
    cursor = nextCursor;
  }
}

const NEW_FIELDS: [path: RegExp, added: object][] = [
  [/^\/tenants?(\?.*)?$/, { externalId: null, isSuspended: false }],
  [/^\/inboxes\/[^/]+\/labels/, { isAttaching: false, createdBy: null }],
  [/^\/inboxes(\?.*|\/[^/]+)?$/, { isActive: true }],
  [/^\/operators(\?.*|\/[^/]+)?$/, { isReleasing: false, statusReason: null, externalId: null }],
  [/^\/inboxes\/[^/]+\/operators/, { maxLoad: null }],
  [/^\/operators\/[^/]+\/status$/, { hasMore: false, reason: null }],
];

/** The former response with the fields that the resource has got since. */
function withNewFields(path: string, response: object): object {
  const [, added] = NEW_FIELDS.find(([ofPath]) => ofPath.test(path)) ?? [];
  if (added === undefined) return response;
  if (!('data' in response)) return { ...response, ...added };
  return { ...response, data: (response.data as object[]).map((each) => ({ ...each, ...added })) };
}

describe('a database that the 32 migrations made', () => {
  it('has the schema of a new one', async () => {
    const { owner } = database;
    expect(await dumpSchema(owner)).toBe(await dumpSchema(fresh.owner));
    expect(await migrate(database, ['run'])).toMatchObject({ said: ['The schema is up to date.'] });
    expect(await database.rows('select name from migrations order by timestamp')).toEqual(
      await fresh.rows('select name from migrations order by timestamp'),
    );
  });

  it('keeps every row', async () => {
    for (const [name, count] of Object.entries(LEGACY.rows).filter(([name]) => name !== 'migrations')) {
      const table = RENAMED[name] ?? name;
      const rows = await database.rows(
        `select count(*)::integer as count from ${table} ${NOT_ADDED[table] ?? ''}`,
      );
      expect({ table, rows }).toEqual({ table, rows: [{ count }] });
    }
    const tables = await database.rows<{ name: string }>(
      `select relname::text as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
    );
    expect(tables.map(({ name }) => name).sort()).toEqual(
      [...Object.keys(LEGACY.rows).map((name) => RENAMED[name] ?? name), ...NEW_TABLES].sort(),
    );
  });

  it('breaks no invariant', () => expectInvariants(database));

  it.each([
    ['conversations', LEGACY.conversations],
    ['everything else', LEGACY.others],
  ])('gives the same response as before about %s', async (_what, calls) => {
    for (const { caller, request, response } of calls) {
      const path = request.replace('GET ', '');
      const body = withNewFields(path, response);
      expect({ caller, path, body: await ask(caller, path) }).toEqual({ caller, path, body });
    }
  });

  it('has the same statistics, before and after the rest is folded', async () => {
    const same = async () => {
      for (const { caller, request, response } of LEGACY.statistics) {
        const path = request.replace('GET ', '');
        expect({ path, body: await askAll(caller, path) }).toMatchObject({ path, body: response });
      }
    };
    await same();
    expect(await app.run(ActivityFold)).toBeGreaterThan(0);
    await same();
    await expectInvariants(database);
  });

  it('lets readers of the feed continue from every cursor', async () => {
    for (const { readers, query, events, cursors } of LEGACY.feeds) {
      for (const reader of readers) {
        expect(await readOn(reader, query)).toEqual(events);
        for (const { after, seen } of cursors)
          expect({ after, ids: await readOn(reader, query, after) }).toEqual({
            after,
            ids: events.slice(seen),
          });
      }
    }
  });

  /** A repetition shows no secret, also not one that an earlier version stored. */
  const shownOnce = (request: string, body: unknown) =>
    request === 'POST /webhooks' ? { ...(body as object), secret: null } : body;

  it('repeats the stored responses of idempotency keys', async () => {
    for (const { caller, request, headers, body, response } of LEGACY.idempotent) {
      const [method, path] = request.split(' ') as ['POST', string];
      const again = await app
        .call(method.toLowerCase() as 'post', path, { ...headersOf(caller), ...headers })
        .send(body);
      expect(again.headers['idempotency-replayed']).toBe('true');
      expect({ request, status: again.status, body: lasting(again.body) }).toEqual({
        request,
        status: response.status,
        body: shownOnce(request, lasting(response.body)),
      });
    }
  });

  it('delivers pending entries to webhooks, and none twice', async () => {
    const receiver = await Receiver.start();
    try {
      const admin = headersOf('adam');
      for (const { id, name } of LEGACY.webhooks) {
        const change = { url: `${receiver.url}/${name}`, enabled: true };
        await app.call('patch', `/webhooks/${id}`, admin).send(change).expect(200);
      }
      await database.rows(`update webhook_deliveries set next_attempt_at = now() where status = 'PENDING'`);
      await deliverUntil(app, () => true);
      for (const { name, delivered, owes } of LEGACY.webhooks) {
        const heard = receiver.received
          .filter(({ path }) => path.endsWith(`/${name}`))
          .map(({ body }) => (JSON.parse(body) as { data: { id: string } }).data.id);
        expect(new Set(heard).size).toBe(heard.length);
        expect(heard.filter((id) => delivered.includes(id))).toEqual([]);
        expect({ name, missing: owes.filter((id) => !heard.includes(id)) }).toEqual({ name, missing: [] });
        // `new` was created while a transaction ran. Entries that others committed meanwhile now have later positions.
        expect({ name, more: heard.length - owes.length }).toEqual({ name, more: name === 'new' ? 1 : 0 });
      }
    } finally {
      await receiver.stop();
    }
  });
});
