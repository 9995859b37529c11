import fc from 'fast-check';
import type { Client } from 'pg';
import { ActivityFold } from '../src/stats/activity-fold.js';
import type { QueueStatistics } from '../src/stats/queue-statistics.js';
import type { OperatorsStatistics } from '../src/stats/stats-responses.js';
import { ACTIVITY_CHECKS } from '../src/verification/activity-checks.js';
import { verifyTenant, type Finding } from '../src/verification/find-breaches.js';
import { TestApplication } from './support/application.js';
import { SEED, TIMES } from './support/chance.js';
import { entries } from './support/ledger-entries.js';
import { countPlainly, readAll } from './support/plain-counting.js';
import { lives, stepsOf, type Life } from './support/random-lives.js';
import { assignPositions, fold, foldAll, pushInbox, read, tell, unfolded } from './support/story.js';
import { World, type Person } from './support/world.js';

const LIVES = 7 * TIMES;

let app: TestApplication;
let second: Client;
beforeAll(async () => {
  app = await TestApplication.start();
  second = await app.database.session();
});
afterAll(() => app.stop());

const at = (minute: number) => new Date(Date.UTC(2026, 2, 2, 9, minute)).toISOString();

async function claimsOf(world: World, { id }: Person): Promise<number> {
  const { data } = await read<OperatorsStatistics>(world, '/stats/operators');
  return data.find(({ operatorId }) => operatorId === id)!.transitions.claimed;
}

async function depths(world: World): Promise<Record<string, number>> {
  const { data } = await read<QueueStatistics>(world, '/stats/queue');
  return Object.fromEntries(data.map(({ name, depth }) => [name, depth]));
}

const rowsOfSeries = ({ tenantId }: World) =>
  app.database.rows<{ type: string; count: number }>(
    // Arrivals are counted by inbox and in all.
    'select type, count from activity_series where tenant_id = $1 order by type, inbox_id, operator_id',
    [tenantId],
  );

/** What verify finds in the statistics; it knows nobody yet who distributes. */
async function breaches({ tenantId }: World): Promise<Finding[]> {
  const found: Finding[] = [];
  await verifyTenant(app.database.owner, tenantId, { finding: (finding) => void found.push(finding) });
  const names = ACTIVITY_CHECKS.map(({ name }) => name);
  return found.filter(({ check }) => names.includes(check));
}

describe('the fold', () => {
  let world: World;
  let ann: Person;
  beforeEach(async () => {
    world = await World.create(app);
    ann = await world.operator();
  });
  // A test that failed may have left its transaction open.
  afterEach(() => second.query('rollback'));

  it('does not wait for a running transaction, and counts its entries once after it commits', async () => {
    const inbox = await world.inbox();
    // Begins and writes before all that is folded meanwhile.
    await second.query('begin');
    await second.query(
      `with c as (
        insert into conversations (tenant_id, id, inbox_id, origin_inbox_id, external_conversation_id, customer_phone_number,
          state, assigned_operator_id, message_count, last_message_at, waiting_since, version, last_event_id)
        values ($1, gen_random_uuid(), $2, $2, 'held open', '+4915112345678', 'ALLOCATED', $3, 1, now(), now(), 1,
          gen_random_uuid())
        returning *),
      ${entries(`
        insert into conversation_events (tenant_id, id, type, conversation_id, inbox_id, version, actor_type, reason, to_state,
          to_operator_id, to_inbox_id)
        select $1, last_event_id, 'conversation.claimed', id, inbox_id, 1, 'SYSTEM', 'A story', state, $3, inbox_id from c`)}
      select 1`,
      [world.tenantId, inbox.id, ann.id],
    );
    const life = [
      { type: 'created', at: at(0) },
      { type: 'claimed', at: at(1), to: ann.id },
    ];
    await tell(world, inbox, life);

    await foldAll(world);
    expect(await claimsOf(world, ann)).toBe(1);

    await second.query('commit');
    expect(await claimsOf(world, ann)).toBe(2);
    await foldAll(world);
    expect(await claimsOf(world, ann)).toBe(2);
    expect(await rowsOfSeries(world)).toEqual([
      { type: 'conversation.claimed', count: 2 },
      { type: 'conversation.created', count: 1 },
      { type: 'conversation.created', count: 1 },
    ]);
  });

  it('runs once at a time for a tenant; a second one does nothing and does not wait', async () => {
    const inbox = await world.inbox();
    for (const name of ['a', 'b', 'c']) await world.queued(inbox, { externalId: name });
    await fold(world, 1);
    await assignPositions(world);
    await second.query('begin');
    const { rows } = await second.query<{ entries: number }>('select fold_activity($1, 100) as entries', [
      world.tenantId,
    ]);

    const [other] = await app.database.rows('select fold_activity($1, 100) as entries', [world.tenantId]);
    expect(other).toEqual({ entries: 0 });
    expect(await depths(world)).toEqual({ [inbox.name]: 3 });

    await second.query('commit');
    expect(rows).toEqual([{ entries: 3 }]);
    await foldAll(world);
    expect(await depths(world)).toEqual({ [inbox.name]: 3 });
    expect(await rowsOfSeries(world)).toEqual([
      { type: 'conversation.created', count: 3 },
      { type: 'conversation.created', count: 3 },
    ]);
  });

  it('counts each entry once when several instances run it at once', async () => {
    const inbox = await world.inbox();
    const other = await app.another();
    const runs = [app, app, other, other];
    for (let round = 0; round < 5; round++) {
      await tell(world, inbox, [
        { type: 'created', at: at(round) },
        { type: 'claimed', at: at(round), to: ann.id },
        { type: 'resolved', at: at(round + 1) },
      ]);
      await Promise.all(runs.map((each) => each.run(ActivityFold)));
    }
    await other.stop();
    await foldAll(world);
    expect(await claimsOf(world, ann)).toBe(5);
    expect(await rowsOfSeries(world)).toEqual([
      { type: 'conversation.claimed', count: 5 },
      { type: 'conversation.created', count: 5 },
      { type: 'conversation.created', count: 5 },
      { type: 'conversation.resolved', count: 5 },
      { type: 'conversation.resolved', count: 5 },
    ]);
    expect(await breaches(world)).toEqual([]);
  });

  it('counts a moved conversation in its new inbox', async () => {
    const [one, two] = [await world.inbox({ name: 'One' }), await world.inbox({ name: 'Two' })];
    const supervise = (verb: string, body: object) =>
      app.call('post', `/allocation/${verb}`, world.admin).send(body).expect(200);
    const [a, b] = [await world.queued(one), await world.queued(one)];
    await foldAll(world);
    await supervise('move-inbox', { conversationId: a.id, inboxId: two.id });
    expect(await depths(world)).toEqual({ One: 1, Two: 1 });
    await foldAll(world);
    expect(await depths(world)).toEqual({ One: 1, Two: 1 });
    // Ann has no place in Two, so the conversation waits there.
    await supervise('reassign', { conversationId: b.id, operatorId: ann.id });
    expect(await depths(world)).toEqual({ One: 0, Two: 1 });
    await supervise('move-inbox', { conversationId: b.id, inboxId: two.id });
    expect(await depths(world)).toEqual({ One: 0, Two: 2 });
    await supervise('resolve', { conversationId: a.id });
    await supervise('move-inbox', { conversationId: a.id, inboxId: one.id });
    await foldAll(world);
    expect(await depths(world)).toEqual({ One: 0, Two: 1 });
  });

  it('adds a late entry to the totals of its minute and of all later ones', async () => {
    const inbox = await pushInbox(world, 'Push');
    const given = async (to: number) => {
      const path = `/stats/operators?from=${at(0)}&to=${at(to)}`;
      const { data } = await read<OperatorsStatistics>(world, path);
      return data.find(({ operatorId }) => operatorId === ann.id)!.transitions.distributed;
    };
    for (const minute of [5, 9, 7, 1, 9]) {
      await tell(world, inbox, [
        { type: 'created', at: at(minute) },
        { type: 'distributed', at: at(minute), to: ann.id },
      ]);
      await foldAll(world);
    }
    expect(await Promise.all([1, 2, 5, 6, 8, 9, 10, 59].map(given))).toEqual([0, 1, 1, 2, 3, 3, 5, 5]);
    expect(await breaches(world)).toEqual([]);
  });
});

describe(`statistics of random lives (TEST_SEED=${SEED})`, () => {
  it(
    `equal a plain count of the ledger at any position of the fold: ${LIVES} tenants`,
    async () => {
      const property = fc.asyncProperty(lives, async (life: Life) => {
        const world = await World.create(app);
        const inboxes = [await pushInbox(world, 'A'), await world.inbox({ name: 'B' })];
        const people = [await world.operator({ inboxes }), await world.operator({ inboxes: [inboxes[0]!] })];
        for (const { inbox, steps, folds } of life.conversations) {
          await tell(world, inboxes[inbox]!, stepsOf(steps, people, inboxes));
          const some = Math.min(folds, await unfolded(world));
          await fold(world, some);
        }
        for (const window of [{ from: null, to: null }, ...life.windows]) {
          expect(await readAll(world, window)).toEqual(await countPlainly(world, window));
        }
        await foldAll(world);
        for (const window of [{ from: null, to: null }, ...life.windows]) {
          expect(await readAll(world, window)).toEqual(await countPlainly(world, window));
        }
        expect(await breaches(world)).toEqual([]);
      });
      await fc.assert(property, { seed: SEED, numRuns: LIVES });
    },
    120_000 * TIMES,
  );
});
