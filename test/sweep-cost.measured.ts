import { MARK_SATURATED, SATURATION_BATCH } from '../src/queue/mark-saturated.js';
import { TestApplication } from './support/application.js';
import { messageTo, reportBatch } from './support/messages.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

it('a batch of the saturation sweep reads only its own rows', async () => {
  const world = await World.create(app, { maxDelayMinutes: 60 });
  const inbox = await world.inbox();
  // Of fewer it may well read all: that costs less than to follow the index.
  for (let i = 0; i < 20 * SATURATION_BATCH; i += 1_000)
    await reportBatch(
      world,
      Array.from({ length: 1_000 }, () => messageTo(inbox)),
    );
  await app.database.rows(
    `update conversations set basis_at = basis_at - interval '61 minutes', queue_key = queue_key + 3660000000`,
  );
  await app.database.rows('vacuum analyze conversations');

  const { owner } = app.database;
  await owner.query('begin');
  await owner.query('set local plan_cache_mode = force_generic_plan');
  await owner.query('set local enable_seqscan = off');
  const { rowCount } = await owner.query(MARK_SATURATED.text, [world.tenantId, SATURATION_BATCH]);
  const [read] = await app.database.rows<{ rows: number }>(
    `select (seq_tup_read + idx_tup_fetch)::integer as rows from pg_stat_xact_user_tables
    where relname = 'conversations'`,
  );
  await owner.query('rollback');

  expect(rowCount).toBe(SATURATION_BATCH);
  expect(read?.rows).toBeLessThan(4 * SATURATION_BATCH);
});
