import { TestApplication } from './support/application.js';
import { changesNothing } from './support/behind.js';
import { Instances } from './support/instances.js';
import { messageTo, report } from './support/messages.js';
import { refused } from './support/refused.js';
import { findingsIn, putStatus, settingStatus, statusEntriesOf, statusOf } from './support/statuses.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const reassign = (world: World, conversationId: string, operatorId: string) =>
  app.call('post', '/allocation/reassign', world.admin).send({ conversationId, operatorId }).expect(200);

describe('lunch', () => {
  it('keeps what is held, gets nothing new, and ends with what has waited', async () => {
    const instances = await Instances.start(app.database.url);
    try {
      const world = await World.create(app);
      const [pull, push] = [await world.inbox(), await world.inbox({ distribution: 'ROUND_ROBIN' })];
      const olivia = await world.operator({ inboxes: [pull, push] });
      const held = await world.allocated(pull, olivia, { externalId: 'hungry' });
      const status = `/operators/${olivia.id}/status`;
      const paused = await instances.put(status, olivia.headers, { status: 'PAUSED', reason: 'Lunch' });
      expect(paused.body).toMatchObject({ status: 'PAUSED', reason: 'Lunch', gracePeriods: [] });
      expect(paused.body).not.toHaveProperty('then');

      // The other instance knows it too.
      const next = await world.queued(pull);
      const asked = await instances.post('/allocation/allocate', olivia.headers, {});
      const claimed = await instances.post('/allocation/claim', olivia.headers, { conversationId: next.id });
      expect([asked, claimed].map(({ status, body }) => [status, body.code])).toEqual([
        [409, 'OPERATOR_PAUSED'],
        [409, 'OPERATOR_PAUSED'],
      ]);
      const arrived = await world.queued(push);
      expect(arrived).toMatchObject({ state: 'QUEUED', assignedOperatorId: null });

      // Who is held by her writes on, and stays with her.
      const wrote = await report(world, messageTo(pull, { externalConversationId: 'hungry' }));
      expect(wrote.conversation).toMatchObject({
        id: held.id,
        assignedOperatorId: olivia.id,
        messageCount: 2,
      });
      const queue = await app.call('get', '/allocation/queue', olivia.headers).expect(200);
      expect(queue.body).toMatchObject({ operatorStatus: 'PAUSED' });

      await instances.put(status, olivia.headers, { status: 'AVAILABLE' });
      expect((await world.conversation(arrived.id)).assignedOperatorId).toBe(olivia.id);
      expect((await statusEntriesOf(world, olivia)).map(({ type, reason }) => [type, reason])).toEqual([
        ['operator.available', expect.anything()],
        ['operator.paused', 'The operator set the status to PAUSED: Lunch'],
        ['operator.available', 'The operator set the status to AVAILABLE'],
      ]);
      expect(await findingsIn(world)).toEqual([]);
    } finally {
      await instances.stop();
    }
  });

  it('is seen by colleagues, in the feed and as a reason not to be eligible', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox({ distribution: 'LEAST_LOADED' });
    const olivia = await world.operator({ inboxes: [inbox] });
    await putStatus(world, olivia, { status: 'PAUSED', reason: '  Lunch ' });
    const { id } = await world.queued(inbox);

    const { body: explained } = await app
      .call('get', `/conversations/${id}/explain`, world.admin)
      .expect(200);
    expect(explained).toMatchObject({ operators: [{ operatorId: olivia.id, reasons: ['PAUSED'] }, {}] });
    const { body: person } = await app.call('get', `/operators/${olivia.id}`, world.admin).expect(200);
    expect(person).toMatchObject({ status: 'PAUSED', statusReason: 'Lunch' });
    const { body: feed } = await app
      .call('get', '/events?type=operator.paused', world.orchestrator)
      .expect(200);
    expect(feed).toMatchObject({ data: [{ type: 'operator.paused', to: { operatorId: olivia.id } }] });
  });
});

describe('the reason of a status', () => {
  it('changes alone, with an entry in the ledger, and leaves the time of the status', async () => {
    const world = await World.create(app);
    const olivia = await world.operator();
    const { lastStatusChangeAt } = await putStatus(world, olivia, { status: 'PAUSED', reason: 'Lunch' });
    expect(await putStatus(world, olivia, { status: 'PAUSED', reason: 'Training' })).toMatchObject({
      reason: 'Training',
      lastStatusChangeAt,
    });
    expect((await statusEntriesOf(world, olivia)).at(-1)).toMatchObject({ type: 'operator.paused' });
    await changesNothing(world, () => putStatus(world, olivia, { status: 'PAUSED', reason: 'Training' }));
    expect(await putStatus(world, olivia, { status: 'PAUSED' })).toMatchObject({ reason: null });
    expect(await findingsIn(world)).toEqual([]);
  });

  it.each([
    ['longer than 50 characters', { status: 'PAUSED', reason: 'x'.repeat(51) }, 'reason'],
    ['blank', { status: 'PAUSED', reason: '  ' }, 'reason'],
    ['of two lines', { status: 'PAUSED', reason: 'Lunch\nBcc: all' }, 'reason'],
    ['a number', { status: 'PAUSED', reason: 1 }, 'reason'],
    ['beside a then of its own', { status: 'PAUSED', then: 'AVAILABLE' }, 'then'],
    ['beside a then of AVAILABLE', { status: 'AVAILABLE', then: 'OFFLINE' }, 'then'],
    ['beside a then of OFFLINE', { status: 'OFFLINE', then: 'OFFLINE' }, 'then'],
  ])('is not %s', async (_what, request, field) => {
    const world = await World.create(app);
    const olivia = await world.operator();
    await changesNothing(world, async () => {
      const { body } = await settingStatus(world, olivia, olivia.headers, request).expect(400);
      expect(body).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ field }] });
    });
  });

  it('may have 50 characters of any script', async () => {
    const world = await World.create(app);
    const olivia = await world.operator();
    const reason = '🍜'.repeat(50);
    expect(await putStatus(world, olivia, { status: 'PAUSED', reason })).toMatchObject({ reason });
  });
});

describe('between PAUSED and OFFLINE', () => {
  it('grace periods start and end', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const olivia = await world.operator({ inboxes: [inbox] });
    const { id } = await world.allocated(inbox, olivia);
    await putStatus(world, olivia, { status: 'PAUSED' });
    expect(await putStatus(world, olivia, { status: 'OFFLINE' })).toMatchObject({
      gracePeriods: [{ conversationId: id }],
    });
    expect(await putStatus(world, olivia, { status: 'PAUSED' })).toMatchObject({
      status: 'PAUSED',
      gracePeriods: [],
    });
    expect((await world.conversation(id)).assignedOperatorId).toBe(olivia.id);
    expect(await findingsIn(world)).toEqual([]);
  });

  it('a deactivation leads from one to the other', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const olivia = await world.operator({ inboxes: [inbox] });
    const { id } = await world.allocated(inbox, olivia);
    await putStatus(world, olivia, { status: 'PAUSED', reason: 'Lunch', then: 'OFFLINE' });
    await world.deactivate(olivia);
    expect(await world.conversation(id)).toMatchObject({ state: 'QUEUED' });
    const { body } = await app.call('get', `/operators/${olivia.id}/status`, world.admin).expect(200);
    expect(body).toMatchObject({ status: 'OFFLINE', reason: null });
    expect(body).not.toHaveProperty('then');
    expect(await findingsIn(world)).toEqual([]);
  });
});

describe('a supervisor', () => {
  it('gives a PAUSED operator something, without a grace period', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const olivia = await world.operator({ inboxes: [inbox], status: 'PAUSED' });
    const { id } = await world.queued(inbox);
    await reassign(world, id, olivia.id);
    expect(await world.conversation(id)).toMatchObject({ state: 'ALLOCATED', assignedOperatorId: olivia.id });
    expect(await statusOf(world, olivia)).toMatchObject({ status: 'PAUSED', gracePeriods: [] });
  });

  it('pauses others; an OPERATOR only themselves', async () => {
    const world = await World.create(app);
    const [olivia, oscar] = [await world.operator(), await world.operator()];
    await refused(settingStatus(world, oscar, olivia.headers, { status: 'PAUSED' }), 'FORBIDDEN');
    await putStatus(world, oscar, { status: 'PAUSED', reason: 'Training' }, world.admin);
    expect((await statusEntriesOf(world, oscar)).at(-1)).toMatchObject({
      reason: 'A colleague set the status to PAUSED: Training',
    });
  });
});
