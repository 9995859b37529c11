import { TestApplication } from './support/application.js';
import { refused } from './support/refused.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const act = (world: World, verb: string, body: object) =>
  app.call('post', `/allocation/${verb}`, world.admin).send(body);

async function graceRows(world: World): Promise<{ conversation_id: string; operator_id: string }[]> {
  return app.database.rows('select conversation_id, operator_id from deadlines where tenant_id = $1', [
    world.tenantId,
  ]);
}

describe('deallocate', () => {
  it('re-queues the conversation with its age', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const held = await world.allocated(inbox, operator, { minutesAgo: 60 });

    const { body } = await act(world, 'deallocate', { conversationId: held.id }).expect(200);

    expect(body).toMatchObject({
      conversation: { state: 'QUEUED', assignedOperatorId: null, lastMessageAt: held.lastMessageAt },
    });
    expect(await world.history(held.id)).toEqual([
      'conversation.created',
      'conversation.claimed',
      'conversation.deallocated',
    ]);
  });

  it('refuses a conversation that nobody holds, and an OPERATOR', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const { id } = await world.queued(inbox);

    const { body } = await act(world, 'deallocate', { conversationId: id }).expect(409);

    expect(body).toMatchObject({ code: 'CONVERSATION_NOT_ALLOCATED', state: 'QUEUED' });
    await app
      .call('post', '/allocation/deallocate', operator.headers)
      .send({ conversationId: id })
      .expect(403);
  });
});

describe('reassign', () => {
  it('does not find an operator who was deactivated, nor one of another tenant', async () => {
    const [world, foreign] = [await World.create(app), await World.create(app)];
    const inbox = await world.inbox();
    const { id: conversationId } = await world.queued(inbox);
    const gone = await world.operator({ inboxes: [inbox] });
    await app.call('patch', `/operators/${gone.id}`, world.admin).send({ isActive: false }).expect(200);

    for (const { id: operatorId } of [gone, await foreign.operator()])
      for (const overrideCapacity of [false, true]) {
        const reassigning = act(world, 'reassign', { conversationId, operatorId, overrideCapacity });
        await refused(reassigning, 'NOT_FOUND');
      }
  });

  it.each(['QUEUED', 'ALLOCATED', 'RESOLVED'] as const)(
    'gives a %s conversation to an operator',
    async (state) => {
      const world = await World.create(app);
      const inbox = await world.inbox();
      const before = await world.operator({ inboxes: [inbox] });
      const target = await world.operator({ inboxes: [inbox] });
      const make = {
        QUEUED: () => world.queued(inbox),
        ALLOCATED: () => world.allocated(inbox, before),
        RESOLVED: () => world.resolved(inbox),
      };
      const { id } = await make[state]();

      const { body } = await act(world, 'reassign', { conversationId: id, operatorId: target.id }).expect(
        200,
      );

      expect(body).toMatchObject({
        conversation: { state: 'ALLOCATED', assignedOperatorId: target.id, resolvedAt: null },
      });
      expect((await world.history(id)).at(-1)).toBe('conversation.reassigned');
    },
  );

  it('respects the capacity without overrideCapacity', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const full = await world.operator({ inboxes: [inbox], maxLoad: 1 });
    await world.allocated(inbox, full);
    const { id } = await world.queued(inbox);
    const request = { conversationId: id, operatorId: full.id };

    const { body } = await act(world, 'reassign', request).expect(409);

    expect(body).toMatchObject({ code: 'OPERATOR_AT_CAPACITY' });
    await act(world, 'reassign', { ...request, overrideCapacity: true }).expect(200);
  });

  it('starts the grace period of an OFFLINE operator and ends that of the former holder', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const [first, second] = [
      await world.operator({ inboxes: [inbox] }),
      await world.operator({ status: 'OFFLINE' }),
    ];
    const { id } = await world.allocated(inbox, first);
    await world.setStatus(first, 'OFFLINE', first.headers);
    expect(await graceRows(world)).toEqual([{ conversation_id: id, operator_id: first.id }]);

    await act(world, 'reassign', { conversationId: id, operatorId: second.id }).expect(200);

    expect(await graceRows(world)).toEqual([{ conversation_id: id, operator_id: second.id }]);
  });
});

describe('move-inbox', () => {
  it('keeps a holder who is subscribed to the inbox, and re-queues it otherwise', async () => {
    const world = await World.create(app);
    const [from, to] = [await world.inbox(), await world.inbox()];
    const both = await world.operator({ inboxes: [from, to] });
    const one = await world.operator({ inboxes: [from] });
    const stays = await world.allocated(from, both);
    const waits = await world.allocated(from, one);

    const kept = await act(world, 'move-inbox', { conversationId: stays.id, inboxId: to.id }).expect(200);
    const queued = await act(world, 'move-inbox', { conversationId: waits.id, inboxId: to.id }).expect(200);

    expect(kept.body).toMatchObject({
      conversation: { inboxId: to.id, state: 'ALLOCATED', assignedOperatorId: both.id },
    });
    expect(queued.body).toMatchObject({
      conversation: { inboxId: to.id, state: 'QUEUED', assignedOperatorId: null },
    });
    expect(await world.allocate(both)).toMatchObject({ id: waits.id });
  });

  it('exchanges labels of the same name, detaches the rest, and lists both', async () => {
    const world = await World.create(app);
    const [from, to] = [await world.inbox(), await world.inbox()];
    const { id } = await world.queued(from);
    const define = (inbox: string, name: string) =>
      app.database.rows<{ id: string }>(
        'insert into labels (tenant_id, id, inbox_id, name) values ($1, gen_random_uuid(), $2, $3) returning id',
        [world.tenantId, inbox, name],
      );
    const [vip] = await define(from.id, 'VIP');
    const [refund] = await define(from.id, 'Refund');
    const [vipThere] = await define(to.id, ' vip');
    for (const label of [vip, refund]) {
      await app.database.rows(
        `insert into conversation_labels (tenant_id, conversation_id, label_id, last_message_at)
        select c.tenant_id, c.id, $3, c.last_message_at from conversations c where c.tenant_id = $1 and c.id = $2`,
        [world.tenantId, id, label!.id],
      );
    }

    const { body } = await act(world, 'move-inbox', { conversationId: id, inboxId: to.id }).expect(200);

    expect(body).toMatchObject({
      conversation: { labels: [{ id: vipThere!.id }] },
      labelsExchanged: [{ from: { id: vip!.id }, to: { id: vipThere!.id } }],
      labelsDetached: [{ id: refund!.id, name: 'Refund' }],
    });
  });
});
