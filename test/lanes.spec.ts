import { DataSource } from 'typeorm';
import { poolOf } from '../src/database/pool.js';
import { TestApplication } from './support/application.js';
import { sessionsWaiting, whileHolding } from './support/faults/locks.js';
import { messageTo, report } from './support/messages.js';
import { World, type Person } from './support/world.js';

/** What another tenant waits for a read, also on a busy machine: shorter than for a lock or a connection, 5 s. */
const WORST_MS = 4_000;
const CALLERS = 50;

let app: TestApplication;
let busy: World;
let other: World;
let callers: Person[];
let pushInboxId: string;
/** Waiting conversations of the busy tenant. */
let waiting: string[];
beforeAll(async () => {
  app = await TestApplication.start();
  busy = await World.create(app);
  other = await World.create(app);
  const inboxes = [await busy.inbox({ distribution: 'ROUND_ROBIN' }), await busy.inbox()];
  pushInboxId = inboxes[0]!.id;
  callers = [];
  for (let i = 0; i < CALLERS; i++) callers.push(await busy.operator({ inboxes, status: 'AVAILABLE' }));
  await ingest(inboxes[1]!.id, 4 * CALLERS, 'waiting');
  const rows = await app.database.rows<{ id: string }>(
    // The last ones: allocate begins at the other end.
    `select id from conversations where tenant_id = $1 and state = 'QUEUED' order by id desc`,
    [busy.tenantId],
  );
  waiting = rows.map(({ id }) => id);
  await report(other, messageTo(await other.inbox()));
}, 60_000);
afterAll(() => app.stop());

function ingest(inboxId: string, count: number, prefix: string) {
  const messages = Array.from({ length: count }, (_, i) => ({
    externalConversationId: `${prefix}-${i}`,
    inboxId,
    customerPhoneNumber: '+4915112345678',
  }));
  return app.call('post', '/orchestrator/messages/batch', busy.orchestrator).send({ messages }).expect(200);
}

/** How long the other tenant waits for what it reads. */
async function readMs(): Promise<number> {
  const begun = performance.now();
  await app.call('get', '/conversations', other.admin).expect(200);
  return performance.now() - begun;
}

const WAYS: [string, (caller: Person, nth: number) => Promise<{ status: number }>][] = [
  ['allocate', ({ headers }) => app.call('post', '/allocation/allocate', headers).send({})],
  [
    'allocate with a key',
    ({ headers }, nth) =>
      app.call('post', '/allocation/allocate', { ...headers, 'Idempotency-Key': `allocate-${nth}` }).send({}),
  ],
  [
    'claim',
    ({ headers }, nth) =>
      app.call('post', '/allocation/claim', headers).send({ conversationId: waiting[nth] }),
  ],
];

describe('a tenant whose operators are all locked', () => {
  it.each(WAYS)('leaves connections to other tenants while they %s', async (_name, ask) => {
    const lock = 'select 1 from operators where tenant_id = $1 for update';
    let asked: Promise<{ status: number }[]> = Promise.resolve([]);
    await whileHolding(app.database, lock, busy.tenantId, async () => {
      asked = Promise.all(callers.map((caller, nth) => ask(caller, nth)));
      await sessionsWaiting(app.database, 1);
      for (let i = 0; i < 10; i++) expect(await readMs()).toBeLessThan(WORST_MS);
    });
    expect((await asked).map(({ status }) => status)).toEqual(Array(CALLERS).fill(200));
  });

  it('is served after the batch that it distributes', async () => {
    const pool = poolOf(app.nest.get(DataSource));
    const waitingForConnections: number[] = [];
    const state = { hasEnded: false };
    const batch = ingest(pushInboxId, 1_000, 'pushed').then(() => (state.hasEnded = true));
    await sessionsRunning();
    const asked = Promise.all(
      callers.map(({ headers }) => app.call('post', '/allocation/allocate', headers).send({})),
    );
    while (!state.hasEnded) {
      waitingForConnections.push(pool.waitingCount);
      expect(await readMs()).toBeLessThan(WORST_MS);
    }
    await batch;
    const responses = await asked;
    expect(responses.map(({ status }) => status)).toEqual(Array(CALLERS).fill(200));
    // Counted, not timed: fifty requests at once keep a busy machine itself for a moment. Nobody waits for the pool,
    // since the tenant has no more than its share of it.
    expect(new Set(waitingForConnections)).toEqual(new Set([0]));
  }, 60_000);
});

/** Waits until the batch is in its statement. */
async function sessionsRunning(): Promise<void> {
  for (;;) {
    const rows = await app.database.rows(
      `select 1 from pg_stat_activity
      where datname = current_database() and state = 'active' and query like '%ingest_messages%'
        and pid <> pg_backend_pid()`,
    );
    if (rows.length > 0) return;
  }
}
