import { newId } from '../src/database/id.js';
import { EXPIRE_GRACE_PERIODS, EXPIRY_BATCH } from '../src/deadlines/expire-grace-periods.js';
import { GraceRepair } from '../src/deadlines/grace-repair.js';
import { TestApplication } from './support/application.js';
import { heldConversations } from './support/held-conversations.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

const HELD = 6 * EXPIRY_BATCH;

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

/** Reads per table in the transaction of the owner. */
async function rowsRead(): Promise<number> {
  const [read] = await app.database.rows<{ rows: number }>(
    `select sum(seq_tup_read + idx_tup_fetch)::integer as rows from pg_stat_xact_user_tables
    where relname in ('conversations', 'deadlines')`,
  );
  return read?.rows ?? 0;
}

it.each([
  // Looked at, locked, locked again for its end, ended, re-queued, and its operator: six rows for each.
  { tables: 'are analyzed', more: 0 },
  // Then it does not know that there are many, and may sort what is due.
  { tables: 'are not analyzed', more: HELD },
])('a batch of the expiry reads little more than its rows where tables $tables', async ({ tables, more }) => {
  const world = await World.create(app);
  const operator = await world.operator();
  await app.database.rows('alter table conversations set (autovacuum_enabled = off)');
  await app.database.rows('alter table deadlines set (autovacuum_enabled = off)');
  await heldConversations(world, operator.id, HELD);
  await world.setStatus(operator, 'OFFLINE', operator.headers);
  const running = 'select from deadlines where operator_id = $1';
  await until(async () => (await app.database.rows(running, [operator.id])).length === HELD);
  await world.endGracePeriods();
  if (tables === 'are analyzed') await app.database.rows('vacuum analyze');

  const { owner } = app.database;
  await owner.query('begin');
  await owner.query('set local plan_cache_mode = force_generic_plan');
  await owner.query('set local enable_seqscan = off');
  const eventIds = Array.from({ length: EXPIRY_BATCH }, () => newId());
  const before = await rowsRead();
  const { rowCount } = await owner.query(EXPIRE_GRACE_PERIODS.text, [world.tenantId, eventIds, null]);
  const read = (await rowsRead()) - before;
  await owner.query('rollback');

  expect(rowCount).toBe(EXPIRY_BATCH);
  expect(read).toBeLessThan(6 * EXPIRY_BATCH + more);
});

it('the repair creates all missing grace periods, in batches', async () => {
  const world = await World.create(app);
  const operator = await world.operator();
  await heldConversations(world, operator.id, EXPIRY_BATCH + 1);
  await app.database.rows(`update operators set availability = 'OFFLINE' where id = $1`, [operator.id]);

  expect(await app.run(GraceRepair)).toBe(EXPIRY_BATCH + 1);

  // Each began with its transaction.
  const batches = await app.database.rows<{ count: number }>(
    `select count(*)::integer from deadlines where operator_id = $1 group by started_at order by 1`,
    [operator.id],
  );
  const counts = batches.map(({ count }) => count);
  expect(counts.length).toBeGreaterThan(2);
  expect(Math.max(...counts)).toBeLessThanOrEqual(EXPIRY_BATCH);
});
