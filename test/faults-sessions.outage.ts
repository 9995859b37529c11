import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication, type Headers } from './support/application.js';
import { ask, askUntil, type Told } from './support/faults/ask.js';
import { sessionsWaiting, whileHolding } from './support/faults/locks.js';
import { expectInvariants } from './support/invariants.js';
import { ServiceProcess } from './support/service-process.js';
import { World, type Person } from './support/world.js';

/** Sets the scene; the service that suffers is a process of its own. */
let app: TestApplication;
let service: ServiceProcess;
let world: World;
let inbox: InboxResponse;
let operator: Person;

const POOL = 2;

beforeAll(async () => {
  app = await TestApplication.start();
  service = await ServiceProcess.start(app.database.url, {
    DATABASE_POOL_SIZE: String(POOL),
    DATABASE_CONNECTION_TIMEOUT_MS: '1000',
  });
});
beforeEach(async () => {
  world = await World.create(app);
  inbox = await world.inbox();
  operator = await world.operator({ inboxes: [inbox] });
});
afterEach(() => expectInvariants(app.database, world.tenantId));
afterAll(async () => {
  await service.stop();
  await app.stop();
});

const post = (path: string, headers: Headers, body: object = {}): Promise<Told> =>
  ask('POST', `${service.url}/api/v1${path}`, headers, body);
const isDone = ({ status }: Told) => status === 200;

const heldByOperator = async () => {
  const rows = await app.database.rows<{ id: string }>(
    `select id from conversations where tenant_id = $1 and assigned_operator_id = $2`,
    [world.tenantId, operator.id],
  );
  return rows.map(({ id }) => id);
};

describe('case 12: a pool without a free connection', () => {
  it('is reported within a limit; the process lives and recovers', async () => {
    // One tenant gets half of the connections.
    const other = await World.create(app);
    const waiting = [
      { admin: world.admin, conversation: await world.queued(inbox) },
      { admin: other.admin, conversation: await other.queued(await other.inbox()) },
    ];
    const resolve = ({ admin, conversation }: (typeof waiting)[number]) =>
      post('/allocation/resolve', admin, { conversationId: conversation.id });
    const look = (path: string) => ask('GET', `${service.url}${path}`, world.admin);
    let blocked!: Promise<Told[]>;
    const rows = `select from conversations where tenant_id::text = any (string_to_array($1, ' ')) for update`;
    await whileHolding(app.database, rows, `${world.tenantId} ${other.tenantId}`, async () => {
      blocked = Promise.all(waiting.map(resolve));
      await sessionsWaiting(app.database, POOL);

      const [tenant, ready, health] = await Promise.all(['/api/v1/tenant', '/ready', '/health'].map(look));

      for (const told of [tenant!, ready!]) {
        expect(told).toMatchObject({ status: 503, retryAfter: 1, body: { code: 'DATABASE_UNAVAILABLE' } });
        expect(told.ms).toBeLessThan(3_000);
      }
      expect(health!.status).toBe(200);
    });
    expect((await blocked).map(({ status }) => status)).toEqual(Array(POOL).fill(200));
    for (const path of ['/ready', '/api/v1/tenant']) expect((await look(path)).status).toBe(200);
  });
});

describe('case 10: a session that ends during an allocate', () => {
  it.each([
    ['with a key is begun again', { 'Idempotency-Key': 'ended' }, 200],
    ['without a key is told, and can be asked again', {}, 503],
  ])('%s', async (_, key, status) => {
    const { id } = await world.queued(inbox);
    const allocate = () => post('/allocation/allocate', { ...operator.headers, ...key });
    const row = 'select from operators where id = $1 for update';
    let asked!: Promise<Told>;
    await whileHolding(app.database, row, operator.id, async () => {
      asked = allocate();
      const [pid] = await sessionsWaiting(app.database, 1);
      await app.database.rows('select pg_terminate_backend($1)', [pid]);
    });
    const told = await asked;
    expect(told.status).toBe(status);
    if (status === 503) {
      expect(told.retryAfter).toBe(1);
      expect((await world.conversation(id)).state).toBe('QUEUED');
      expect(await askUntil(isDone, allocate)).toMatchObject({ body: { conversation: { id } } });
    }
    expect(await heldByOperator()).toEqual([id]);
    expect(await world.history(id)).toEqual(['conversation.created', 'conversation.allocated']);
  });

  it('or during any request, twenty times, leaves nothing half done, and every response is true', async () => {
    const operators = [operator];
    for (let i = 0; i < 7; i++) operators.push(await world.operator({ inboxes: [inbox] }));
    for (let i = 0; i < 60; i++) await world.queued(inbox);
    let isOver = false;
    const given: [string, string][] = [];
    const kinds = new Set<string>();
    const work = async ({ id, headers }: Person) => {
      while (!isOver) {
        const told = await post('/allocation/allocate', headers);
        kinds.add([told.status, told.body.code].join(' ').trim());
        if (told.body.conversation) given.push([told.body.conversation.id, id]);
      }
    };
    const workers = Promise.all(operators.map(work));
    try {
      for (let ended = 0; ended < 20;) {
        const sessions = await app.database.rows(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and pid <> pg_backend_pid() and state = 'active'
           limit 2`,
        );
        ended += sessions.length;
      }
    } finally {
      isOver = true;
      await workers;
    }
    // A 503 needs a session that ends in the middle of its commit: what ends before is tried again, and succeeds.
    expect(['200', '503 DATABASE_UNAVAILABLE']).toEqual(expect.arrayContaining([...kinds]));
    expect(kinds).toContain('200');
    const held = await app.database.rows<{ id: string; holder: string }>(
      `select id, assigned_operator_id as holder from conversations where tenant_id = $1 and state = 'ALLOCATED'`,
      [world.tenantId],
    );
    expect(new Set(given.map(([id]) => id)).size).toBe(given.length);
    const holders = new Map(held.map(({ id, holder }) => [id, holder]));
    for (const [id, holder] of given) expect(holders.get(id)).toBe(holder);
  });
});
