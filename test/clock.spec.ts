import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ConversationResponse } from '../src/conversations/conversation.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication, type Headers } from './support/application.js';
import { ask, askUntil, type Told } from './support/faults/ask.js';
import { deliveriesOf, hook, REACHABLE } from './support/hooked.js';
import { expectInvariants } from './support/invariants.js';
import { Receiver } from './support/receiver.js';
import { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';
import { World, type Person } from './support/world.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** What a request may take, and whole seconds. */
const MOMENT_MS = 20_000;

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start(REACHABLE);
});
afterAll(() => app.stop());

describe.each([
  ['an hour ahead', HOUR_MS],
  ['an hour behind', -HOUR_MS],
])('case 14: a service whose clock is %s', (_, shiftMs) => {
  let service: ServiceProcess;
  let world: World;
  let inbox: InboxResponse;
  let operator: Person;
  beforeAll(async () => {
    service = await ServiceProcess.start(app.database.url, {
      ...REACHABLE,
      GRACE_EXPIRY_INTERVAL_SECONDS: '1',
      CLEAN_UP_INTERVAL_SECONDS: '1',
      WEBHOOK_INTERVAL_SECONDS: '1',
      RATE_LIMIT_PER_MINUTE: '5000',
      CLOCK_SHIFT_MS: String(shiftMs),
      NODE_OPTIONS: `--import=${pathToFileURL(join(__dirname, 'support/faults/shift-clock.mjs')).href}`,
    });
  });
  beforeEach(async () => {
    world = await World.create(app, { gracePeriodSeconds: 600 });
    inbox = await world.inbox();
    operator = await world.operator({ inboxes: [inbox] });
  });
  afterEach(() => expectInvariants(app.database, world.tenantId));
  afterAll(() => service.stop());

  const call = (method: string, path: string, headers: Headers, body?: object): Promise<Told> =>
    ask(method, `${service.url}/api/v1${path}`, headers, body);
  const expectNow = (time: string, offsetMs = 0) =>
    expect(Math.abs(Date.parse(time) - Date.now() - offsetMs)).toBeLessThan(MOMENT_MS);
  const report = (occurredAt?: string) =>
    call('POST', '/orchestrator/messages', world.orchestrator, {
      externalConversationId: `written ${occurredAt}`,
      inboxId: inbox.id,
      customerPhoneNumber: '+4915112345678',
      ...(occurredAt === undefined ? {} : { occurredAt }),
    });
  const inMinutes = (minutes: number) => new Date(Date.now() + minutes * MINUTE_MS).toISOString();

  it('has the wrong time', async () => {
    // An id of version 7 begins with the milliseconds of the clock that made it.
    const { id } = (await report()).body.conversation!;
    expectNow(new Date(parseInt(id.replace('-', '').slice(0, 12), 16)).toISOString(), shiftMs);
  });

  it('stores messages with the time of the database', async () => {
    const { body } = await report();
    expectNow(body.conversation!.lastMessageAt);
    expectNow(body.conversation!.createdAt);
    expect((await report(inMinutes(-30))).status).toBe(201);
    const ahead = await report(inMinutes(4));
    expectNow(ahead.body.conversation!.lastMessageAt);
    expect((await report(inMinutes(6))).body).toMatchObject({ warnings: [{ code: 'TIME_IN_FUTURE' }] });
  });

  it('orders the queue by the time of the database', async () => {
    const [long, short] = [await world.queued(inbox, { minutesAgo: 50 }), await world.queued(inbox)];
    const scores = await Promise.all(
      [long, short].map(async ({ id, priorityScore }) => {
        const read = await ask('GET', `${service.url}/api/v1/conversations/${id}`, world.admin);
        const conversation = read.body as unknown as ConversationResponse;
        return Math.abs(conversation.priorityScore! - priorityScore!);
      }),
    );
    for (const difference of scores) expect(difference).toBeLessThan(0.001);
    const { body } = await call('POST', '/allocation/allocate', operator.headers, {});
    expect(body.conversation!.id).toBe(long.id);
  });

  it('ends grace periods by the time of the database', async () => {
    const { id } = await world.allocated(inbox, operator);
    const status = (availability: string) =>
      call('PUT', `/operators/${operator.id}/status`, operator.headers, { status: availability });
    const left = (await status('OFFLINE')).body as { gracePeriods?: { expiresAt: string }[] };
    expectNow(left.gracePeriods![0]!.expiresAt, 600_000);
    const expire = async () =>
      (await call('POST', '/grace-periods/expire', world.admin)).body as { expired?: number };
    expect(await expire()).toEqual({ expired: 0 });
    expect((await world.conversation(id)).state).toBe('ALLOCATED');

    await app.database.rows('update deadlines set expires_at = now() where conversation_id = $1', [id]);

    const queued = ({ body }: Told) => (body as ConversationResponse).state === 'QUEUED';
    await askUntil(queued, () => call('GET', `/conversations/${id}`, world.admin));
    expect(await world.history(id)).toContain('conversation.grace_expired');
  });

  it('expires stored responses and API keys by the time of the database', async () => {
    const { body } = await app
      .call('post', '/api-keys', world.admin)
      .send({ name: 'good for half an hour', expiresAt: inMinutes(30) })
      .expect(201);
    const bearer = { Authorization: `Bearer ${(body as { key: string }).key}` };
    expect((await call('GET', '/tenant', bearer)).status).toBe(200);
    await app.database.rows(
      `update api_keys set expires_at = now() - interval '1 second' where tenant_id = $1`,
      [world.tenantId],
    );
    expect((await call('GET', '/tenant', bearer)).status).toBe(401);

    await world.queued(inbox);
    const allocate = () =>
      call('POST', '/allocation/allocate', { ...operator.headers, 'Idempotency-Key': 'clock' }, {});
    const first = await allocate();
    const again = await allocate();
    expect(again).toMatchObject({ isReplayed: true, body: first.body });
  });

  it('retries webhooks after the right pauses', async () => {
    const receiver = await Receiver.start();
    try {
      receiver.says(503);
      const { id } = await hook(world, receiver.url);
      await world.queued(inbox);
      await until(() => receiver.received.length > 0);
      const at = receiver.received[0]!.headers['webhook-timestamp'];
      expectNow(new Date(Number(at) * 1_000).toISOString());
      const tried = async () => (await deliveriesOf(world, id))[0]!;
      let delivery = await tried();
      while (delivery.lastStatus === null) delivery = await tried();
      const pauseMs = Date.parse(delivery.nextAttemptAt!) - Date.parse(delivery.lastAttemptAt!);
      expectNow(delivery.lastAttemptAt!);
      expect(pauseMs).toBeGreaterThan(3_000);
      expect(pauseMs).toBeLessThan(10_000);
    } finally {
      await app.database.rows('delete from webhooks');
      await receiver.stop();
    }
  });
});
