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
const SLICE_MS = 2_000;
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
async function slice(callers: number, request: (i: number) => Promise<{ status: number }>): Promise<number> {
  const end = performance.now() + SLICE_MS;
  let done = 0;
  const each = async () => {
    while (performance.now() < end) expect((await request(done++)).status).toBe(200);
  };
  await Promise.all(Array.from({ length: callers }, each));
  return done;
}

const allocate = (i: number) =>
  send('POST', service.url, '/allocation/allocate', allocating[i % allocating.length]!, {});
const renew = (i: number) => {
  const headers = renewing[i % renewing.length]!;
  return send('PUT', service.url, `/operators/${headers['X-Operator-Id']}/presence`, headers, {});
};

it('what renewals of presence write does not grow with their number', async () => {
  // The connections make their plans first.
  await slice(4, allocate);
  const rates = { alone: [] as number[], beside: [] as number[], renewals: [] as number[] };
  const before = await settled();
  const begun = performance.now();
  for (const callers of [4, 12]) {
    rates.alone.push(await slice(4, allocate));
    const [beside, renewals] = await Promise.all([slice(4, allocate), slice(callers, renew)]);
    rates.beside.push(beside);
    rates.renewals.push(renewals);
  }
  const seconds = (performance.now() - begun) / 1_000;
  const after = await settled();
  const [rows, calls] = [after.rows - before.rows, after.calls - before.calls];
  process.stderr.write(
    `${rates.renewals.join(' and ')} renewals in two slices of ${SLICE_MS} ms wrote ${rows} rows in ${calls} statements; ` +
      `allocated alone ${rates.alone.join(' and ')}, beside them ${rates.beside.join(' and ')}\n`,
  );

  // Each operator is written once in the time of a repetition, whatever arrives.
  const most = OPERATORS * Math.ceil(seconds / REPEATED_SECONDS);
  expect(rates.renewals.reduce((sum, count) => sum + count)).toBeGreaterThan(most);
  expect(rows).toBeLessThanOrEqual(most);
  expect(calls).toBeLessThanOrEqual(rows);
}, 60_000);
