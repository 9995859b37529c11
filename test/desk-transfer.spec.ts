import { TestApplication } from './support/application.js';
import { atOnce, Instances, tally } from './support/instances.js';
import { expectInvariants } from './support/invariants.js';
import { define, labelling } from './support/labelling.js';
import { arrives, holdersOf, lastEntry, loads } from './support/pushing.js';
import { World, type Person } from './support/world.js';

/** Operators hand over what they hold, to another operator or to an inbox. */
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

const transfer = (by: Person, conversationId: string, to: object) =>
  instances.post('/allocation/transfer', by.headers, { conversationId, ...to });
const idOf = (conversation: { id: string } | null) => conversation?.id ?? null;

describe('transfer to an operator', () => {
  it('keeps it ALLOCATED, with the new holder', async () => {
    const inbox = await world.inbox();
    const [olivia, oscar] = [
      await world.operator({ inboxes: [inbox] }),
      await world.operator({ inboxes: [inbox] }),
    ];
    const { id } = await world.allocated(inbox, olivia);

    const { body } = await transfer(olivia, id, { operatorId: oscar.id, reason: 'Knows the customer' });

    expect(body).toMatchObject({
      conversation: { state: 'ALLOCATED', assignedOperatorId: oscar.id },
      labelsExchanged: [],
    });
    expect(await lastEntry(world, id)).toMatchObject({
      type: 'conversation.transferred',
      actor: { id: olivia.id },
      reason: 'Knows the customer',
      from: { state: 'ALLOCATED', operatorId: olivia.id },
      to: { state: 'ALLOCATED', operatorId: oscar.id },
    });
    expect(tally([await transfer(olivia, id, { operatorId: oscar.id })])).toEqual({ '403 FORBIDDEN': 1 });
  });

  it('frees capacity that is distributed', async () => {
    const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
    const olivia = await world.operator({ inboxes: [inbox], maxLoad: 1 });
    const first = await arrives(world, inbox);
    const second = await arrives(world, inbox);
    const oscar = await world.operator({ inboxes: [inbox], maxLoad: 1, status: 'OFFLINE' });
    await app.database.rows(`update operators set availability = 'AVAILABLE' where id = $1`, [oscar.id]);

    await transfer(olivia, first.id, { operatorId: oscar.id });

    expect(await holdersOf(world, [first, second])).toEqual([oscar.id, olivia.id]);
  });

  it('is refused when the receiver is full, paused, away, unsubscribed or gone', async () => {
    const inbox = await world.inbox();
    const olivia = await world.operator({ inboxes: [inbox] });
    const full = await world.operator({ inboxes: [inbox], maxLoad: 1 });
    await world.allocated(inbox, full);
    const fullHere = await world.operator();
    await app
      .call('post', `/inboxes/${inbox.id}/operators`, world.admin)
      .send({ operatorId: fullHere.id, maxLoad: 1 })
      .expect(201);
    await world.allocated(inbox, fullHere);
    const away = await world.operator({ inboxes: [inbox], status: 'OFFLINE' });
    const paused = await world.operator({ inboxes: [inbox] });
    const becomes = (availability: string) =>
      app.database.rows('update operators set availability = $2 where id = $1', [paused.id, availability]);
    await becomes('PAUSED');
    const elsewhere = await world.operator();
    const gone = await world.operator({ inboxes: [inbox] });
    await world.deactivate(gone);
    const { id } = await world.allocated(inbox, olivia);

    const seen = [];
    for (const { id: operatorId } of [
      full,
      fullHere,
      away,
      paused,
      elsewhere,
      gone,
      { id: inbox.id },
      olivia,
    ])
      seen.push(...Object.keys(tally([await transfer(olivia, id, { operatorId })])));
    expect(seen).toEqual([
      '409 OPERATOR_AT_CAPACITY',
      '409 OPERATOR_AT_CAPACITY',
      '409 OPERATOR_OFFLINE',
      '409 OPERATOR_PAUSED',
      '403 NOT_SUBSCRIBED',
      '404 NOT_FOUND',
      '404 NOT_FOUND',
      '400 VALIDATION_FAILED',
    ]);
    for (const to of [{}, { operatorId: full.id, inboxId: inbox.id }])
      expect(tally([await transfer(olivia, id, to)])).toEqual({ '400 VALIDATION_FAILED': 1 });
    expect(await world.conversation(id)).toMatchObject({ state: 'ALLOCATED', assignedOperatorId: olivia.id });
    await becomes('AVAILABLE');
  });

  it('never takes the receiver above maxLoad: one of sixteen at once, on two instances', async () => {
    const inbox = await world.inbox();
    const oscar = await world.operator({ inboxes: [inbox], maxLoad: 1 });
    const holders: Person[] = [];
    const held: string[] = [];
    for (let i = 0; i < 16; i++) {
      const holder = await world.operator({ inboxes: [inbox] });
      holders.push(holder);
      held.push((await world.allocated(inbox, holder)).id);
    }

    const responses = await atOnce(16, (i) => transfer(holders[i]!, held[i]!, { operatorId: oscar.id }));

    expect(tally(responses)).toEqual({ '200': 1, '409 OPERATOR_AT_CAPACITY': 15 });
    expect((await loads(world))[oscar.id]).toBe(1);
  });
});

describe('sixteen transfers of one conversation at once, on two instances', () => {
  it('give it to one of sixteen receivers, and the others are told so', async () => {
    const inbox = await world.inbox();
    const olivia = await world.operator({ inboxes: [inbox] });
    const receivers: Person[] = [];
    for (let i = 0; i < 16; i++) receivers.push(await world.operator({ inboxes: [inbox] }));
    const { id } = await world.allocated(inbox, olivia);

    const responses = await atOnce(16, (i) => transfer(olivia, id, { operatorId: receivers[i]!.id }));

    expect(tally(responses)).toEqual({ '200': 1, '403 FORBIDDEN': 15 });
    const winner = receivers[responses.findIndex(({ status }) => status === 200)]!;
    expect(await holdersOf(world, [{ id }])).toEqual([winner.id]);
    expect(await world.history(id)).toEqual([
      'conversation.created',
      'conversation.claimed',
      'conversation.transferred',
    ]);
  });
});

describe('transfer to an inbox', () => {
  it('queues it there with its age and the labels of the same name, and is a decline', async () => {
    const [sales, billing] = [await world.inbox(), await world.inbox()];
    const olivia = await world.operator({ inboxes: [sales] });
    const both = await world.operator({ inboxes: [sales, billing] });
    const [vip, vipThere] = [
      await define(world, sales, { name: 'VIP' }),
      await define(world, billing, { name: 'VIP' }),
    ];
    const held = await world.allocated(sales, both, { minutesAgo: 30 });
    await labelling(world, 'put', held, vip).expect(204);
    const third = await world.operator({ inboxes: [billing] });

    const { status, body } = await transfer(both, held.id, { inboxId: billing.id });

    expect([status, body]).toMatchObject([
      200,
      {
        conversation: { state: 'QUEUED', inboxId: billing.id, waitingSince: held.waitingSince },
        labelsExchanged: [{ from: { id: vip.id }, to: { id: vipThere.id } }],
        labelsDetached: [],
      },
    ]);
    expect(await lastEntry(world, held.id)).toMatchObject({
      type: 'conversation.transferred',
      from: { state: 'ALLOCATED', operatorId: both.id, inboxId: sales.id },
      to: { state: 'QUEUED', operatorId: null, inboxId: billing.id },
    });
    expect(await world.allocate(both)).toBeNull();
    expect(idOf(await world.allocate(third))).toBe(held.id);
    // Not an inbox of theirs, and yet they may hand over to it.
    const { id } = await world.allocated(sales, olivia);
    expect(tally([await transfer(olivia, id, { inboxId: billing.id })])).toEqual({ '200': 1 });
    expect(tally([await transfer(olivia, id, { inboxId: billing.id })])).toEqual({ '404 NOT_FOUND': 1 });
    expect(tally([await transfer(third, held.id, { inboxId: olivia.id })])).toEqual({ '404 NOT_FOUND': 1 });
  });

  it('is distributed there when it pushes', async () => {
    const [sales, billing] = [await world.inbox(), await world.inbox({ distribution: 'WEIGHTED_RANDOM' })];
    const olivia = await world.operator({ inboxes: [sales] });
    const bill = await world.operator({ inboxes: [billing] });
    const { id } = await world.allocated(sales, olivia);
    const { body } = await transfer(olivia, id, { inboxId: billing.id });
    expect(body.conversation).toMatchObject({ state: 'ALLOCATED', assignedOperatorId: bill.id });
  });
});
