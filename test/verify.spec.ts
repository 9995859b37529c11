import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { Client } from 'pg';
import { LOWEST_ID } from '../src/database/id.js';
import { DeadlineExpiry } from '../src/deadlines/deadline-expiry.js';
import { CHECKS } from '../src/verification/checks.js';
import { verify, verifyTenant, type Finding } from '../src/verification/find-breaches.js';
import { TestApplication } from './support/application.js';
import { ACTIVITY_BREAKS } from './support/breaks/activity-breaks.js';
import type { Shop } from './support/breaks/break.js';
import { FEED_BREAKS } from './support/breaks/feed-breaks.js';
import { LEDGER_BREAKS } from './support/breaks/ledger-breaks.js';
import { STATE_BREAKS } from './support/breaks/state-breaks.js';
import { TENANCY_BREAKS } from './support/breaks/tenancy-breaks.js';
import { messageTo, reportBatch } from './support/messages.js';
import { builtProgram } from './support/packages/built-program.js';
import { foldAll } from './support/story.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeEach(async () => {
  app = await TestApplication.start();
});
afterEach(() => app.stop());

/** A small tenant in which a conversation is in each state and somebody is absent. */
async function shop(world: World): Promise<Shop> {
  const [inbox, other] = [await world.inbox(), await world.inbox()];
  const holder = await world.operator({ inboxes: [inbox], maxLoad: 2 });
  const absent = await world.operator({ inboxes: [inbox] });
  const shop = {
    app,
    world,
    inbox,
    other,
    holder,
    absent,
    queued: await world.queued(inbox, { messages: 2, minutesAgo: 30 }),
    allocated: await world.allocated(inbox, holder),
    kept: await world.allocated(inbox, absent),
    resolved: await world.resolved(inbox),
  };
  await world.setStatus(absent, 'OFFLINE');
  return shop;
}

const act = (world: World, verb: string, body: object) =>
  app.call('post', `/allocation/${verb}`, world.admin).send(body).expect(200);

async function findings(tenantId?: string): Promise<Finding[]> {
  const found: Finding[] = [];
  const report = { finding: (finding: Finding) => void found.push(finding) };
  const { owner } = app.database;
  const count = await (tenantId === undefined
    ? verify(owner, report)
    : verifyTenant(owner, tenantId, report));
  expect(count).toBe(found.filter(({ severity }) => severity === 'breach').length);
  return found;
}

/** The built command on the database of the test. */
async function command(
  url = app.database.url,
): Promise<{ code: number | null; output: string; errors: string }> {
  const child = spawn(process.execPath, [builtProgram('verification/verify.js')], {
    env: { PATH: process.env['PATH'], NODE_ENV: 'test', DATABASE_URL: url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [[code], output, errors] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, output, errors };
}

describe('a valid database', () => {
  it('has no finding after any history', async () => {
    const world = await World.create(app);
    const { inbox, other, holder, absent, queued, allocated, kept, resolved } = await shop(world);
    await act(world, 'reassign', { conversationId: queued.id, operatorId: absent.id });
    await act(world, 'deallocate', { conversationId: allocated.id });
    await world.allocate(holder);
    await act(world, 'reassign', { conversationId: resolved.id, operatorId: holder.id });
    await act(world, 'move-inbox', { conversationId: kept.id, inboxId: other.id });
    await act(world, 'move-inbox', { conversationId: queued.id, inboxId: other.id });
    const again = await world.resolved(inbox, { externalId: 'again' });
    await reportBatch(world, [
      { externalConversationId: 'again', inboxId: inbox.id, customerPhoneNumber: again.customerPhoneNumber },
    ]);
    await app.database.rows(`update deadlines set expires_at = now() - interval '1 second'`);
    await app.run(DeadlineExpiry);
    await world.deactivate(holder);
    await shop(await World.create(app, { delayBasis: 'WAITING_SINCE', maxDelayMinutes: 10 }));
    await shop(await World.create(app, { gracePeriodSeconds: 0, autoSubscribe: true }));

    expect(await findings()).toEqual([]);
    await foldAll(world);
    expect(await findings()).toEqual([]);
    expect(await command()).toMatchObject({ code: 0, output: '3 tenants verified: no breach.\n' });
  });

  it('is verified within seconds also when a tenant is too new for the statistics', async () => {
    const tables = await app.database.rows<{ name: string }>(
      `select oid::regclass::text as name from pg_class
       where relkind = 'r' and relnamespace = 'public'::regnamespace`,
    );
    for (const { name } of tables) {
      await app.database.rows(`alter table ${name} set (autovacuum_enabled = off)`);
    }
    const [old, world] = [await World.create(app), await World.create(app)];
    const fill = async (of: World, batches: number) => {
      const inbox = await of.inbox();
      for (let batch = 0; batch < batches; batch++) {
        await reportBatch(
          of,
          Array.from({ length: 1_000 }, () => messageTo(inbox)),
        );
      }
    };
    await fill(old, 1);
    await app.database.rows('analyze');
    await fill(world, 5);
    // Row by row one check alone takes longer than that.
    await app.database.rows('set statement_timeout = 5000');
    expect(await findings(world.tenantId)).toEqual([]);
  });

  it('may have operators above maxLoad after an override or a lower maxLoad', async () => {
    const world = await World.create(app);
    const { inbox, holder, queued } = await shop(world);
    await world.allocated(inbox, holder);
    await act(world, 'reassign', {
      conversationId: queued.id,
      operatorId: holder.id,
      overrideCapacity: true,
    });
    expect(await findings()).toEqual([]);

    await app.call('patch', `/operators/${holder.id}`, world.admin).send({ maxLoad: 1 }).expect(200);
    expect(await findings()).toEqual([
      expect.objectContaining({ check: 'capacity-lowered', severity: 'warning', id: holder.id }),
    ]);
    expect(await command()).toMatchObject({
      code: 0,
      output: expect.stringMatching(
        /^warning: capacity-lowered: .*\n1 tenant verified: no breach, 1 warning\.\n$/,
      ),
    });
  });

  it('may have keys that a change of weights has not rewritten yet', async () => {
    const world = await World.create(app);
    const { queued } = await shop(world);
    await app.database.rows('update conversations set queue_key = queue_key + 1 where id = $1', [queued.id]);
    const rerankedUpTo = (id: string | null) =>
      app.database.rows('update tenants set reranked_up_to = $1', [id]);

    await rerankedUpTo(LOWEST_ID);
    expect(await findings()).toEqual([]);
    await rerankedUpTo(queued.id);
    expect(await findings()).toEqual([expect.objectContaining({ check: 'place-in-line', id: queued.id })]);
  });

  it('is distinguished from an unreachable one', async () => {
    const url = new URL(app.database.url);
    url.pathname = '/no_such_database';

    expect(await command(url.href)).toMatchObject({ code: 2, output: '' });
  });

  it('agrees with the replayed ledger', async () => {
    const world = await World.create(app);
    const { inbox, other, holder, queued, allocated } = await shop(world);
    await act(world, 'move-inbox', { conversationId: allocated.id, inboxId: other.id });
    await act(world, 'reassign', { conversationId: queued.id, operatorId: holder.id });
    await act(world, 'move-inbox', { conversationId: allocated.id, inboxId: inbox.id });

    expect(await replayed(world)).toEqual(await present(world));
  });
});

/** Follows each conversation through its entries from nothing, by type and target alone. */
async function replayed(world: World): Promise<Record<string, unknown>> {
  const entries = await app.database.rows<{ conversation_id: string; version: number; now: unknown }>(
    `select conversation_id, version, jsonb_build_array(to_state, to_operator_id, to_inbox_id, version, id) as now
    from conversation_events where tenant_id = $1 and conversation_id is not null order by version`,
    [world.tenantId],
  );
  return Object.fromEntries(entries.map(({ conversation_id, now }) => [conversation_id, now]));
}

async function present(world: World): Promise<Record<string, unknown>> {
  const rows = await app.database.rows<{ id: string; now: unknown }>(
    `select id, jsonb_build_array(state, assigned_operator_id, inbox_id, version, last_event_id) as now
    from conversations where tenant_id = $1`,
    [world.tenantId],
  );
  return Object.fromEntries(rows.map(({ id, now }) => [id, now]));
}

const BREAKS = {
  ...STATE_BREAKS,
  ...LEDGER_BREAKS,
  ...FEED_BREAKS,
  ...ACTIVITY_BREAKS,
  ...TENANCY_BREAKS,
};

describe('every check', () => {
  it('finds its fault', () => {
    const found = new Set(Object.values(BREAKS).flatMap(({ names }) => names));
    const breaches = CHECKS.filter(({ severity }) => severity === 'breach').map(({ name }) => name);
    expect(breaches.filter((name) => !found.has(name))).toEqual([]);
  });
});

describe('a broken database', () => {
  it('is reported with the name of the fault', async () => {
    for (const constraint of await constraintsThatStandInTheWay()) await app.database.rows(constraint);
    const neighbour = await shop(await World.create(app));
    for (const [sentence, { breakIt, names }] of Object.entries(BREAKS)) {
      const broken = await shop(await World.create(app));
      const id = await breakIt(broken, neighbour);

      const found = await findings(broken.world.tenantId);

      expect([sentence, [...new Set(found.map(({ check }) => check))].sort()]).toEqual([
        sentence,
        names.toSorted(),
      ]);
      expect([sentence, found.some((finding) => finding.id === id)]).toEqual([sentence, true]);
    }
    expect(await findings(neighbour.world.tenantId)).toEqual([]);
  }, 120_000);

  it('makes the command fail, with a line for each wrong row', async () => {
    const world = await World.create(app);
    const { queued, kept } = await shop(world);
    await app.database.rows('delete from deadlines');
    await app.database.rows('update conversations set queue_key = queue_key + 1 where id = $1', [queued.id]);

    const { code, output } = await command();

    expect(code).toBe(1);
    expect(output.split('\n').sort()).toEqual([
      '',
      '1 tenant verified: 2 breaches.',
      expect.stringMatching(
        `^absent-holder-has-grace-period: tenant ${world.tenantId}, conversation ${kept.id}: is with`,
      ),
      expect.stringMatching(`^place-in-line: tenant ${world.tenantId}, conversation ${queued.id}: stands at`),
    ]);
  });

  it('is reported to an owner without BYPASSRLS too', async () => {
    const { kept } = await shop(await World.create(app));
    await app.database.rows('delete from deadlines');
    const bound = new Client({ connectionString: app.database.url, options: '-c role=inbox_app' });
    await bound.connect();
    const found: Finding[] = [];

    await verify(bound, { finding: (finding) => void found.push(finding) }).finally(() => bound.end());

    expect(found).toEqual([
      expect.objectContaining({ check: 'absent-holder-has-grace-period', id: kept.id }),
    ]);
  });

  it('is read in batches', async () => {
    const world = await World.create(app);
    const { inbox } = await shop(world);
    const message = { inboxId: inbox.id, customerPhoneNumber: '+4915112345678' };
    for (const batch of ['a', 'b', 'c']) {
      await reportBatch(
        world,
        Array.from({ length: 1_000 }, (_, i) => ({ ...message, externalConversationId: `${batch}${i}` })),
      );
    }
    await app.database.rows('update conversations set queue_key = queue_key + 1 where queue_key is not null');

    expect(await findings()).toHaveLength(3_001);
  });
});

/** What keeps a row from being broken in the first place. */
async function constraintsThatStandInTheWay(): Promise<string[]> {
  const rows = await app.database.rows<{ drop: string }>(`
    select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop
    from pg_constraint
    where connamespace = 'public'::regnamespace
      and (contype in ('c', 'f') or conname = 'feed_positions_one_per_event')
    union all
    select 'drop index conversation_events_one_per_version'`);
  return rows.map(({ drop }) => drop);
}
