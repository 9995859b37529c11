import { setTimeout as pause } from 'node:timers/promises';
import type { Headers } from './support/application.js';
import { TestApplication } from './support/application.js';
import { send } from './support/instances.js';
import { messageTo, reportBatch } from './support/messages.js';
import { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

/** Renewals are repeated from memory for a tenth of this. */
const TIMEOUT_SECONDS = 30;
const REPEATED_SECONDS = TIMEOUT_SECONDS / 10;
const OPERATORS = 20;
const SLICE_MS = 1_500;
const ROUNDS = 4;
/** Renewals and the refused requests that they are compared with cost about the same; half of the noise is theirs. */
const LEAST_SHARE = 0.75;
const WAITING = 12_000;

let app: TestApplication;
let service: ServiceProcess;
let world: World;
let renewing: Headers[];
let allocating: Headers[];
beforeAll(async () => {
  app = await TestApplication.start();
  const [database] = await app.database.rows<{ name: string }>('select current_database() as name');
  await app.database.rows(`alter database ${database!.name} set track_functions = 'pl'`);
  world = await World.create(app, { presenceTimeoutSeconds: TIMEOUT_SECONDS });
  const inbox = await world.inbox();
  const people = [];
  for (let i = 0; i < 4; i++) people.push(await world.operator({ inboxes: [inbox] }));
  allocating = people.map(({ headers }) => headers);
  const made = await app.database.rows<{ id: string }>(
    `insert into operators (tenant_id, id, name, role, availability)
    select $1, gen_random_uuid(), 'Operator ' || n, 'OPERATOR', 'AVAILABLE' from generate_series(1, $2::integer) as s (n)
    returning id`,
    [world.tenantId, OPERATORS],
  );
  renewing = made.map(({ id }) => ({ 'X-Tenant-Id': world.tenantId, 'X-Operator-Id': id }));
  for (let i = 0; i < WAITING; i += 1_000)
    await reportBatch(
      world,
      Array.from({ length: 1_000 }, () => messageTo(inbox)),
    );
  await app.database.rows('analyze');
  service = await ServiceProcess.start(app.database.url, { LOG_LEVEL: 'info' });
}, 60_000);
afterAll(async () => {
  await service.stop();
  await app.stop();
});

/** What renewals have written so far: rows, and calls of the function that writes them. */
async function written(): Promise<{ rows: number; calls: number }> {
  const [row] = await app.database.rows<{ rows: number; calls: number }>(
    `select (n_tup_ins + n_tup_upd)::integer as rows, coalesce((
      select calls from pg_stat_user_functions where funcname = 'renew_presences'), 0)::integer as calls
    from pg_stat_user_tables where relname = 'operator_presence'`,
  );
  return row!;
}

/** As `written`, when sessions have reported all that they did. */
async function settled(): Promise<{ rows: number; calls: number }> {
  let last = await written();
  await until(async () => {
    await pause(1_100);
    const now = await written();
    const isSettled = now.calls === last.calls;
    last = now;
    return isSettled;
  });
  return last;
}

/** Callers who each send one request after the other for the time of a slice. @returns the number of responses */
async function slice(
  callers: number,
  request: (i: number) => Promise<{ status: number }>,
  status = 200,
): Promise<number> {
  const end = performance.now() + SLICE_MS;
  let done = 0;
  const each = async () => {
    while (performance.now() < end) expect((await request(done++)).status).toBe(status);
  };
  await Promise.all(Array.from({ length: callers }, each));
  return done;
}

const allocate = (i: number) =>
  send('POST', service.url, '/allocation/allocate', allocating[i % allocating.length]!, {});
const renewWith = (body: object) => (i: number) => {
  const headers = renewing[i % renewing.length]!;
  return send('PUT', service.url, `/operators/${headers['X-Operator-Id']}/presence`, headers, body);
};
const renew = renewWith({});
/** Costs all that a renewal does, but for the renewal. */
const beRefused = renewWith({ unknown: true });
const medianOf = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;

it('renewals of presence write no more when more arrive, and leave allocate its rate', async () => {
  // The connections make their plans first.
  await slice(4, allocate);
  const rates = { refused: [] as number[], beside: [] as number[], renewals: [] as number[] };
  const before = await settled();
  const begun = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    const [besideRefused] = await Promise.all([slice(4, allocate), slice(8, beRefused, 400)]);
    const [beside, renewals] = await Promise.all([slice(4, allocate), slice(8, renew)]);
    rates.refused.push(besideRefused);
    rates.beside.push(beside);
    rates.renewals.push(renewals);
  }
  const seconds = (performance.now() - begun) / 1_000;
  const after = await settled();
  const [rows, calls] = [after.rows - before.rows, after.calls - before.calls];
  process.stderr.write(
    `${rates.renewals.join(', ')} renewals in slices of ${SLICE_MS} ms wrote ${rows} rows in ${calls} statements; ` +
      `allocated beside them ${rates.beside.join(', ')}, beside refused requests ${rates.refused.join(', ')}\n`,
  );

  // Each operator is written once in the time of a repetition, whatever arrives.
  const most = OPERATORS * Math.ceil(seconds / REPEATED_SECONDS);
  expect(rates.renewals.reduce((sum, count) => sum + count)).toBeGreaterThan(most);
  expect(rows).toBeLessThanOrEqual(most);
  expect(calls).toBeLessThanOrEqual(rows);
  expect(medianOf(rates.beside) / medianOf(rates.refused)).toBeGreaterThan(LEAST_SHARE);
}, 60_000);
