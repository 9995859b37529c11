import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { atOnce, Instances, tally } from './support/instances.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo } from './support/messages.js';
import { loads } from './support/pushing.js';
import { refused } from './support/refused.js';
import { World, type Person } from './support/world.js';

/** Both limits hold: what an operator can hold at once, and what of it can be of one inbox. */
let app: TestApplication;
let instances: Instances;
let world: World;

beforeAll(async () => {
  app = await TestApplication.start();
  instances = await Instances.start(app.database.url);
});
afterAll(async () => {
  await instances.stop();
  await app.stop();
});
beforeEach(async () => {
  world = await World.create(app);
});
afterEach(() => expectInvariants(app.database, world.tenantId));

const subscribe = async ({ id }: InboxResponse, operator: Person, maxLoad: number | null, weight = 1) => {
  const list = [{ operatorId: operator.id, weight, maxLoad }];
  await app.call('put', `/inboxes/${id}/operators`, world.admin).send(list).expect(200);
};
const heldOf = async ({ id }: InboxResponse, operator: Person) => {
  const rows = await app.database.rows(
    `select from conversations where inbox_id = $1 and assigned_operator_id = $2 and state = 'ALLOCATED'`,
    [id, operator.id],
  );
  return rows.length;
};

describe('a subscription with maxLoad', () => {
  it.each([false, true])(
    'allocates from the other inboxes when it is full (autoSubscribe %s)',
    async (auto) => {
      await world.change({ autoSubscribe: auto });
      const [sales, support] = [await world.inbox(), await world.inbox()];
      const olivia = await world.operator({ inboxes: [support] });
      await subscribe(sales, olivia, 2);
      for (let i = 0; i < 5; i++) await world.queued(sales, { minutesAgo: 100 });
      for (let i = 0; i < 3; i++) await world.queued(support, { minutesAgo: 1 });

      const inboxes: (string | undefined)[] = [];
      for (let i = 0; i < 6; i++) inboxes.push((await world.allocate(olivia))?.inboxId);

      expect(inboxes).toEqual([sales.id, sales.id, support.id, support.id, support.id, undefined]);
    },
  );

  it('refuses a claim, and says why in explain', async () => {
    const sales = await world.inbox();
    const olivia = await world.operator();
    await subscribe(sales, olivia, 1);
    await world.allocated(sales, olivia);
    const { id } = await world.queued(sales);

    const claim = () => app.call('post', '/allocation/claim', olivia.headers).send({ conversationId: id });
    expect((await refused(claim(), 'OPERATOR_AT_CAPACITY')).detail).toContain('of this inbox');
    const { body } = await app.call('get', `/conversations/${id}/explain`, world.admin).expect(200);
    expect(body).toMatchObject({
      operators: expect.arrayContaining([
        expect.objectContaining({ operatorId: olivia.id, eligible: false, reasons: ['AT_INBOX_CAPACITY'] }),
      ]) as unknown,
    });

    await subscribe(sales, olivia, null);
    await claim().expect(200);
  });

  it('takes one more from a supervisor only with overrideCapacity', async () => {
    const sales = await world.inbox();
    const olivia = await world.operator();
    await subscribe(sales, olivia, 1);
    const held = await world.allocated(sales, olivia);
    const { id } = await world.queued(sales);
    const reassign = (conversationId: string, more: object = {}) =>
      app
        .call('post', '/allocation/reassign', world.admin)
        .send({ conversationId, operatorId: olivia.id, ...more });

    await refused(reassign(id), 'OPERATOR_AT_CAPACITY');
    await reassign(held.id).expect(200);
    await reassign(id, { overrideCapacity: true }).expect(200);
    expect(await heldOf(sales, olivia)).toBe(2);
  });

  it('is filled by distribution and no further, and goes on when one is resolved', async () => {
    const sales = await world.inbox({ distribution: 'LEAST_LOADED' });
    const olivia = await world.operator();
    await subscribe(sales, olivia, 2);
    const ids: string[] = [];
    for (let i = 0; i < 4; i++) ids.push((await world.queued(sales)).id);
    expect(await loads(world)).toEqual({ [olivia.id]: 2 });

    await world.resolve(ids[0]!);
    expect(await loads(world)).toEqual({ [olivia.id]: 2 });
    await subscribe(sales, olivia, 3);
    expect(await loads(world)).toEqual({ [olivia.id]: 3 });
  });

  it.each([0, -1, 1.5, '3', 100_001])('refuses %j', async (maxLoad) => {
    const sales = await world.inbox();
    const { id } = await world.operator();
    const call = app.call('post', `/inboxes/${sales.id}/operators`, world.admin);
    await refused(call.send({ operatorId: id, maxLoad }), 'VALIDATION_FAILED');
  });
});

describe('two instances', () => {
  it('never exceed it, whatever races', async () => {
    const [push, pull] = [await world.inbox({ distribution: 'ROUND_ROBIN' }), await world.inbox()];
    const olivia = await world.operator();
    await subscribe(push, olivia, 3);
    await subscribe(pull, olivia, 2);
    const waiting: string[] = [];
    for (let i = 0; i < 8; i++) waiting.push((await world.queued(pull)).id);

    const responses = await atOnce(40, (i) =>
      i % 4 === 0
        ? instances.post('/allocation/allocate', olivia.headers, {})
        : i % 4 === 1
          ? instances.post('/allocation/claim', olivia.headers, { conversationId: waiting[i % 8]! })
          : instances.post('/orchestrator/messages', world.orchestrator, messageTo(push)),
    );

    expect(Object.keys(tally(responses)).filter((status) => status >= '500')).toEqual([]);
    expect([await heldOf(push, olivia), await heldOf(pull, olivia)]).toEqual([3, 2]);
  }, 60_000);
});
