import { TestApplication } from './support/application.js';
import { World } from './support/world.js';

const OPERATORS = 2_000;

let app: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
  await app.database.rows(
    `insert into operators (tenant_id, id, name, role, external_id)
    select $1, gen_random_uuid(), 'Operator ' || n, 'OPERATOR', 'external-' || n from generate_series(1, $2::int) n`,
    [world.tenantId, OPERATORS],
  );
});
afterAll(() => app.stop());

/** Operators that the owner has read in this transaction. */
async function operatorsRead(): Promise<number> {
  const [read] = await app.database.rows<{ rows: number }>(
    `select (seq_tup_read + idx_tup_fetch)::integer as rows from pg_stat_xact_user_tables where relname = 'operators'`,
  );
  return read!.rows;
}

describe.each([
  ['are not analyzed', 'select'],
  ['are analyzed', 'analyze operators'],
])('where the operators of a large tenant %s', (_, prepare) => {
  beforeAll(async () => {
    await app.database.rows(prepare);
  });

  it.each([
    ['id', 'id'],
    ['external id', 'external_id'],
  ])('a caller is identified by their %s without reading the others', async (_name, column) => {
    const [{ claim, id }] = (await app.database.rows(
      `select ${column}::text as claim, id from operators where tenant_id = $1 and external_id = 'external-7'`,
      [world.tenantId],
    )) as [{ claim: string; id: string }];
    const isId = column === 'id';
    const { owner } = app.database;
    await owner.query('begin');
    await owner.query('set local plan_cache_mode = force_generic_plan');
    await owner.query('set local enable_seqscan = off');
    const before = await operatorsRead();
    const { rows } = await owner.query('select operator_id from identify_callers($1, $2, $3, $4)', [
      [world.tenantId],
      [isId ? claim : null],
      [null],
      [isId ? null : claim],
    ]);
    const read = (await operatorsRead()) - before;
    await owner.query('rollback');
    expect(rows).toEqual([{ operator_id: id }]);
    expect(read).toBeLessThan(5);
  });
});
