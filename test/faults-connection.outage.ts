import { RESOLVE } from '../src/allocation/resolve.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication, type Headers } from './support/application.js';
import { SEED } from './support/chance.js';
import { ask, askUntil, type Told } from './support/faults/ask.js';
import { says, TcpProxy, type Fate } from './support/faults/tcp-proxy.js';
import { expectInvariants } from './support/invariants.js';
import { Luck } from './support/luck.js';
import { direct } from './support/settings.js';
import { ServiceProcess } from './support/service-process.js';
import { World, type Person } from './support/world.js';

/** Sets the scene; the service that suffers is a process of its own, behind the proxy. */
let app: TestApplication;
let proxy: TcpProxy;
let service: ServiceProcess;
let world: World;
let inbox: InboxResponse;
let operator: Person;

const POOL = 4;
/** How long the service waits for a response of the database: the limit of a statement plus two seconds. */
const STATEMENT_TIMEOUT_MS = 500;
const SILENCE_MS = STATEMENT_TIMEOUT_MS + 2_000;

beforeAll(async () => {
  app = await TestApplication.start();
  proxy = await TcpProxy.before(app.database.url);
  service = await ServiceProcess.start(app.database.url, {
    ...direct(proxy.url),
    DATABASE_POOL_SIZE: String(POOL),
    DATABASE_STATEMENT_TIMEOUT_MS: String(STATEMENT_TIMEOUT_MS),
    DATABASE_CONNECTION_TIMEOUT_MS: '500',
    DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS: '1000',
  });
});
beforeEach(async () => {
  world = await World.create(app);
  inbox = await world.inbox();
  operator = await world.operator({ inboxes: [inbox] });
});
afterEach(async () => {
  proxy.heal();
  await askUntil(
    ({ status }) => status === 200,
    () => ask('GET', `${service.url}/ready`),
  );
  await expectInvariants(app.database, world.tenantId);
});
afterAll(async () => {
  await service.stop();
  await proxy.close();
  await app.stop();
});

const post = (path: string, headers: Headers, body: object = {}): Promise<Told> =>
  ask('POST', `${service.url}/api/v1${path}`, headers, body);
const keyed = (headers: Headers, key: string): Headers => ({ ...headers, 'Idempotency-Key': key });
const isDone = ({ status }: Told) => status === 200;

/** The fate of the connection that says this first; those that come later are well. */
function once(statement: string, fate: Fate): void {
  let isOver = false;
  proxy.fateOf = (said) => {
    if (isOver || !says(said, statement)) return 'pass';
    isOver = true;
    return fate;
  };
}

const heldByOperator = async () => {
  const rows = await app.database.rows<{ id: string }>(
    `select id from conversations where tenant_id = $1 and assigned_operator_id = $2`,
    [world.tenantId, operator.id],
  );
  return rows.map(({ id }) => id);
};

describe('case 9: a connection that becomes silent during the COMMIT', () => {
  it.each([
    ['after PostgreSQL heard it', 'mute', true],
    ['before PostgreSQL heard it', 'deaf', false],
  ] as const)('%s: asking again with the same key has one effect', async (_, fate, isCommitted) => {
    await world.queued(inbox);
    await world.queued(inbox);
    const allocate = () => post('/allocation/allocate', keyed(operator.headers, `silent-${fate}`));
    once('COMMIT', fate);

    const first = await allocate();

    expect(first).toMatchObject({ status: 503, retryAfter: 1, body: { code: 'DATABASE_UNAVAILABLE' } });
    expect(first.body.detail).toContain('it is unknown whether this was done');
    expect(first.ms).toBeLessThan(SILENCE_MS + 2_000);
    const again = await askUntil(isDone, allocate);
    expect(again.isReplayed).toBe(isCommitted);
    expect(await heldByOperator()).toEqual([again.body.conversation!.id]);
  });

  it.each<[when: string, statement: string, verb: string, type: string, state: string]>([
    ['in a transaction', 'COMMIT', 'deallocate', 'deallocated', 'QUEUED'],
    ['in a statement that commits by itself', RESOLVE.name!, 'resolve', 'resolved', 'RESOLVED'],
  ])(
    '%s without a key is not done again, and says that the outcome is unknown',
    async (_, statement, verb, type, state) => {
      const { id } = await world.allocated(inbox, operator);
      once(statement, 'mute');

      const told = await post(`/allocation/${verb}`, world.admin, { conversationId: id });

      expect(told).toMatchObject({ status: 503, retryAfter: 1, body: { code: 'DATABASE_UNAVAILABLE' } });
      expect(told.body.detail).toContain('Check before you try again');
      expect((await world.history(id)).slice(2)).toEqual([`conversation.${type}`]);
      expect((await world.conversation(id)).state).toBe(state);
    },
  );

  it('is not used again', async () => {
    const ids = [(await world.allocated(inbox, operator)).id, (await world.queued(inbox)).id] as const;
    once('COMMIT', 'mute');
    await post('/allocation/deallocate', world.admin, { conversationId: ids[0] });

    // One request per connection, so that one of them would wait for the silent connection.
    const told = await Promise.all(
      Array.from({ length: POOL }, () =>
        ask('GET', `${service.url}/api/v1/conversations/${ids[1]}`, world.admin),
      ),
    );

    expect(told.map(({ status }) => status)).toEqual(Array(POOL).fill(200));
  });
});

describe('a lost connection', () => {
  it('before the COMMIT is replaced, and the request succeeds', async () => {
    const { id } = await world.allocated(inbox, operator);
    let began = 0;
    let cuts = 0;
    proxy.fateOf = (said) => {
      if (says(said, 'START TRANSACTION')) began++;
      else if (began === 1 && cuts++ === 0) return 'cut';
      return 'pass';
    };

    const told = await post('/allocation/deallocate', world.admin, { conversationId: id });

    // Twice for the transition, and once to read where it stands now.
    expect({ cuts, began }).toEqual({ cuts: 1, began: 3 });
    expect(told.status).toBe(200);
    expect((await world.history(id)).slice(2)).toEqual(['conversation.deallocated']);
  });

  it('that was idle is replaced', async () => {
    await askUntil(isDone, () => ask('GET', `${service.url}/ready`));
    expect(proxy.connections).toBeGreaterThan(0);
    proxy.cut();

    expect((await ask('GET', `${service.url}/api/v1/tenant`, world.admin)).status).toBe(200);
  });

  it('neither loses nor repeats a message with an id', async () => {
    const message = {
      externalConversationId: 'cut',
      inboxId: inbox.id,
      customerPhoneNumber: '+4915112345678',
    };
    let cuts = 0;
    const luck = new Luck(SEED);
    proxy.fateOf = () => (luck.happens(0.08) && ++cuts > 0 ? 'cut' : 'pass');
    for (let i = 0; i < 40; i++) {
      const report = () =>
        post('/orchestrator/messages', world.orchestrator, { ...message, messageId: `m-${i}` });
      await askUntil(({ status }) => status < 300, report);
    }
    expect(cuts).toBeGreaterThan(0);
    const [row] = await app.database.rows<{ message_count: number }>(
      `select message_count from conversations where tenant_id = $1`,
      [world.tenantId],
    );
    expect(row!.message_count).toBe(40);
  });
});

describe('a database that does not respond', () => {
  it('is reported within a limit, and used again when it is back', async () => {
    const { id } = await world.queued(inbox);
    proxy.blackHole();

    const [resolve, ready, health] = await Promise.all([
      post('/allocation/resolve', world.admin, { conversationId: id }),
      ask('GET', `${service.url}/ready`),
      ask('GET', `${service.url}/health`),
    ]);

    for (const told of [resolve, ready]) {
      expect(told).toMatchObject({ status: 503, retryAfter: 1, body: { code: 'DATABASE_UNAVAILABLE' } });
      expect(told.ms).toBeLessThan(SILENCE_MS + 2_000);
    }
    expect(health.status).toBe(200);
    expect(health.ms).toBeLessThan(500);
    proxy.heal();
    const again = await askUntil(isDone, () =>
      post('/allocation/resolve', world.admin, { conversationId: id }),
    );
    expect(again.body.conversation!.state).toBe('RESOLVED');
  });

  it('is used while it is slow', async () => {
    const { id } = await world.queued(inbox);
    proxy.delayMs = 40;

    const told = await post('/allocation/claim', operator.headers, { conversationId: id });

    expect(told.status).toBe(200);
    expect(told.ms).toBeGreaterThan(80);
  });
});
