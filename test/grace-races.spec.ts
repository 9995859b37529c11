import type { Client } from 'pg';
import type { ConversationResponse } from '../src/conversations/conversation.js';
import { newId } from '../src/database/id.js';
import { EXPIRE_GRACE_PERIODS } from '../src/deadlines/expire-grace-periods.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { TIMES } from './support/chance.js';
import { ask, type Told } from './support/faults/ask.js';
import { sessionsWaiting } from './support/faults/locks.js';
import { expectInvariants } from './support/invariants.js';
import { ServiceProcess } from './support/service-process.js';
import { World, type Person } from './support/world.js';

const HELD = 6;

let app: TestApplication;
let instances: [ServiceProcess, ServiceProcess];
let world: World;
let inbox: InboxResponse;
let operator: Person;
let held: ConversationResponse[];
/** Another transaction that writes at the same time. It commits when the test says so. */
let somebody: Client;

beforeAll(async () => {
  app = await TestApplication.start();
  const start = () => ServiceProcess.start(app.database.url);
  instances = await Promise.all([start(), start()]);
  somebody = await app.database.session();
});
beforeEach(async () => {
  world = await World.create(app);
  inbox = await world.inbox();
  operator = await world.operator({ inboxes: [inbox] });
  held = await Promise.all(Array.from({ length: HELD }, () => world.allocated(inbox, operator)));
});
afterEach(() => expectInvariants(app.database, world.tenantId));
afterAll(async () => {
  await Promise.all(instances.map((instance) => instance.stop()));
  await app.stop();
});

const setStatus = ({ url }: ServiceProcess, status: string): Promise<Told> =>
  ask('PUT', `${url}/api/v1/operators/${operator.id}/status`, operator.headers, { status });

/** The expiry, as the scheduler of the instance would run it. @returns how many */
const expire = async ({ url }: ServiceProcess): Promise<number> => {
  const { status, body } = await ask('POST', `${url}/api/v1/grace-periods/expire`, world.admin);
  expect(status).toBe(200);
  return (body as { expired: number }).expired;
};

/** The operator goes, and all their grace periods are over at once. */
async function leaveForGood(): Promise<void> {
  expect((await setStatus(instances[0], 'OFFLINE')).status).toBe(200);
  await world.endGracePeriods();
}

describe('case 4: an operator who returns while the grace period ends', () => {
  it('keeps a conversation or loses it, never both', async () => {
    for (let round = 0; round < 10 * TIMES; round++) {
      const before = await versions();
      await leaveForGood();
      const [first, second] = round % 2 === 0 ? instances : [instances[1], instances[0]];

      const [back, expired] = await Promise.all([setStatus(first, 'AVAILABLE'), expire(second)]);

      expect(back.status).toBe(200);
      const after = await versions();
      const requeued = held.filter(({ id }) => after.get(id)!.state === 'QUEUED');
      expect({ round, expired }).toEqual({ round, expired: requeued.length });
      for (const { id } of held) {
        const step = after.get(id)!.state === 'QUEUED' ? 1 : 0;
        expect({ round, version: after.get(id)!.version }).toEqual({
          round,
          version: before.get(id)!.version + step,
        });
      }
      expect(await graceRows()).toBe(0);
      await expectInvariants(app.database, world.tenantId);
      for (const { id } of requeued) await world.claim(id, operator);
    }
  }, 300_000);

  it('loses everything when the expiry commits first', async () => {
    await leaveForGood();
    await somebody.query('begin');
    const eventIds = Array.from({ length: HELD }, () => newId());
    await somebody.query(EXPIRE_GRACE_PERIODS.text, [world.tenantId, eventIds, null]);

    const back = setStatus(instances[0], 'AVAILABLE');
    await sessionsWaiting(app.database, 1);
    await somebody.query('commit');

    expect((await back).status).toBe(200);
    expect([...(await versions()).values()].map(({ state }) => state)).toEqual(Array(HELD).fill('QUEUED'));
  });

  it('keeps everything when they commit first', async () => {
    await leaveForGood();
    await somebody.query('begin');
    // What their return does first.
    await somebody.query('select from operators where id = $1 for no key update', [operator.id]);
    await somebody.query('delete from deadlines where operator_id = $1', [operator.id]);
    try {
      // If it waited for them, it would be told so late that it is no 200 any more.
      expect(await expire(instances[0])).toBe(0);
    } finally {
      await somebody.query('commit');
    }
    expect((await setStatus(instances[1], 'AVAILABLE')).status).toBe(200);

    expect([...(await versions()).values()].map(({ state }) => state)).toEqual(Array(HELD).fill('ALLOCATED'));
  });
});

describe('case 5: two schedulers and one expiry', () => {
  it('do not wait for each other, and do nothing twice', async () => {
    await leaveForGood();
    await somebody.query('begin');
    const eventIds = Array.from({ length: HELD }, () => newId());
    const values = [world.tenantId, eventIds, null];
    const first = await somebody.query(EXPIRE_GRACE_PERIODS.text, values);
    expect(first.rowCount).toBe(HELD);

    try {
      expect(await expire(instances[1])).toBe(0);
    } finally {
      await somebody.query('commit');
    }
    for (const { id } of held)
      expect(await world.history(id)).toEqual([
        'conversation.created',
        'conversation.claimed',
        'conversation.grace_expired',
      ]);
  });

  it('make one transition with one entry in the ledger', async () => {
    for (let round = 0; round < 5 * TIMES; round++) {
      await leaveForGood();

      const counts = await Promise.all([...instances, ...instances].map(expire));

      expect({ round, expired: counts.reduce((sum, count) => sum + count) }).toEqual({
        round,
        expired: HELD,
      });
      for (const { id } of held) {
        const ended = (await world.history(id)).filter((type) => type === 'conversation.grace_expired');
        expect(ended).toHaveLength(round + 1);
      }
      await setStatus(instances[0], 'AVAILABLE');
      for (const { id } of held) await world.claim(id, operator);
    }
  }, 300_000);
});

async function versions(): Promise<Map<string, { state: string; version: number }>> {
  const rows = await app.database.rows<{ id: string; state: string; version: number }>(
    'select id, state, version from conversations where tenant_id = $1',
    [world.tenantId],
  );
  return new Map(rows.map(({ id, ...row }) => [id, row]));
}

async function graceRows(): Promise<number> {
  const rows = await app.database.rows('select from deadlines where tenant_id = $1', [world.tenantId]);
  return rows.length;
}
