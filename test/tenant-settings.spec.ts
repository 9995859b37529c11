import type { ConversationResponse } from '../src/conversations/conversation.js';
import type { StatusResponse } from '../src/operators/status.js';
import { TestApplication } from './support/application.js';
import { messageTo, report } from './support/messages.js';
import { refused } from './support/refused.js';
import { minutesBefore, World, type Person } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

/** Names of what waits, in the order in which the operator would be given it, with the scores. */
async function lineOf(operator: Person): Promise<[name: string, score: number][]> {
  const { body } = await app.call('get', '/allocation/queue', operator.headers).expect(200);
  const { data } = body as { data: ConversationResponse[] };
  return data.map((c) => [c.externalConversationId, Number(c.priorityScore!.toFixed(3))]);
}

describe('delayBasis', () => {
  /** An hour is one cap of delay, ten messages one cap of messages. */
  const weights = { alpha: 0.4, beta: 0.6, maxMessageCount: 10, maxDelayMinutes: 60 };

  async function patientAndNudging() {
    const world = await World.create(app, weights);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const writes = (externalConversationId: string, minutesAgo: number) =>
      report(world, messageTo(inbox, { externalConversationId, occurredAt: minutesBefore(minutesAgo) }));
    await writes('patient', 30);
    for (const minutesAgo of [42, 12]) await writes('nudging', minutesAgo);
    return { world, operator, writes };
  }

  // patient: 0.4 · 1/10 + 0.6 · 30/60 = 0.34, by either basis. nudging has 2 messages: 0.4 · 2/10 = 0.08, and then
  // by LAST_MESSAGE 0.6 · 12/60 = 0.12, together 0.20; by WAITING_SINCE 0.6 · 42/60 = 0.42, together 0.50.
  it('LAST_MESSAGE counts the delay from the last message', async () => {
    const { operator } = await patientAndNudging();
    expect(await lineOf(operator)).toEqual([
      ['patient', 0.34],
      ['nudging', 0.2],
    ]);
  });

  it('WAITING_SINCE keeps the rank of customers who write again, as soon as it is set', async () => {
    const { world, operator } = await patientAndNudging();
    await world.change({ delayBasis: 'WAITING_SINCE' });
    expect(await lineOf(operator)).toEqual([
      ['nudging', 0.5],
      ['patient', 0.34],
    ]);
    await world.change({ delayBasis: 'LAST_MESSAGE' });
    expect((await lineOf(operator)).map(([name]) => name)).toEqual(['patient', 'nudging']);
  });

  it('WAITING_SINCE keeps the age through allocation and re-queue, and starts again after a resolution', async () => {
    const { world, operator, writes } = await patientAndNudging();
    await world.change({ delayBasis: 'WAITING_SINCE' });
    const { id } = (await world.allocate(operator))!;
    await world.deallocate(id);
    expect((await lineOf(operator))[0]).toEqual(['nudging', 0.5]);

    await world.resolve(id);
    await writes('nudging', 0);
    // One message since the customer waits again, no delay: 0.4 · 1/10.
    expect(await lineOf(operator)).toEqual([
      ['patient', 0.34],
      ['nudging', 0.04],
    ]);
  });
});

describe('alpha and beta', () => {
  it.each([
    // One message and an hour against nine and six minutes, with the defaults 100 messages and 1440 minutes.
    {
      alpha: 0.4,
      beta: 0.6,
      line: [
        ['busy', 0.039],
        ['old', 0.029],
      ],
    },
    {
      alpha: 0.1,
      beta: 0.6,
      line: [
        ['old', 0.026],
        ['busy', 0.012],
      ],
    },
    {
      alpha: 1,
      beta: 0,
      line: [
        ['busy', 0.09],
        ['old', 0.01],
      ],
    },
    {
      alpha: 0,
      beta: 1,
      line: [
        ['old', 0.042],
        ['busy', 0.004],
      ],
    },
  ])('of $alpha and $beta decide who comes first', async ({ alpha, beta, line }) => {
    const world = await World.create(app, { alpha, beta });
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    await world.queued(inbox, { externalId: 'old', minutesAgo: 60 });
    await world.queued(inbox, { externalId: 'busy', minutesAgo: 6, messages: 9 });

    expect(await lineOf(operator)).toEqual(line);
    expect((await world.allocate(operator))?.externalConversationId).toBe(line[0]![0]);
  });
});

describe('maxMessageCount and maxDelayMinutes', () => {
  it('cap their terms; without a cap the oldest wins in the end', async () => {
    const world = await World.create(app, { alpha: 1, beta: 1, maxMessageCount: 4, maxDelayMinutes: 720 });
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    await world.queued(inbox, { externalId: 'ancient', minutesAgo: 2880 });
    await world.queued(inbox, { externalId: 'loud', minutesAgo: 360, messages: 8 });

    // loud: min(8/4, 1) + 360/720. ancient: 1/4 + min(2880/720, 1).
    expect(await lineOf(operator)).toEqual([
      ['loud', 1.5],
      ['ancient', 1.25],
    ]);
    await world.change({ maxDelayMinutes: null });
    // Delay now counts in units of 1440 minutes. ancient: 1/4 + 2. loud: 1 + 1/4.
    expect(await lineOf(operator)).toEqual([
      ['ancient', 2.25],
      ['loud', 1.25],
    ]);
  });
});

describe('defaultMaxLoad', () => {
  it('is the maxLoad of new operators without one', async () => {
    const world = await World.create(app, { defaultMaxLoad: 2 });
    const inbox = await world.inbox();
    const added = await world.operator({ inboxes: [inbox] });
    const unlimited = await world.operator({ inboxes: [inbox], maxLoad: null });
    for (let i = 0; i < 6; i++) await world.queued(inbox);

    expect([added.maxLoad, unlimited.maxLoad]).toEqual([2, null]);
    for (let i = 0; i < 2; i++) await world.allocate(added);
    await refused(app.call('post', '/allocation/allocate', added.headers).send({}), 'OPERATOR_AT_CAPACITY');
    for (let i = 0; i < 4; i++) expect(await world.allocate(unlimited)).not.toBeNull();

    await world.change({ defaultMaxLoad: 5 });
    expect((await world.operator()).maxLoad).toBe(5);
    expect((await app.call('get', `/operators/${added.id}`, world.admin)).body).toMatchObject({ maxLoad: 2 });
  });
});

describe('gracePeriodSeconds', () => {
  const goes = async (person: Person) => {
    const { body } = await app
      .call('put', `/operators/${person.id}/status`, person.headers)
      .send({ status: 'OFFLINE' })
      .expect(200);
    const { lastStatusChangeAt, gracePeriods } = body as StatusResponse;
    return gracePeriods.map(
      ({ expiresAt }) => (Date.parse(expiresAt) - Date.parse(lastStatusChangeAt)) / 1000,
    );
  };

  it('applies to operators who go OFFLINE from now on', async () => {
    const world = await World.create(app, { gracePeriodSeconds: 90 });
    const inbox = await world.inbox();
    const [first, second] = [
      await world.operator({ inboxes: [inbox] }),
      await world.operator({ inboxes: [inbox] }),
    ];
    for (const person of [first, first, second]) await world.allocated(inbox, person);

    expect(await goes(first)).toEqual([90, 90]);
    await world.change({ gracePeriodSeconds: 3600 });
    expect(await goes(second)).toEqual([3600]);
    // A period that runs keeps its end.
    const { body } = await app.call('get', '/grace-periods', world.admin).expect(200);
    const lengths = (body as { data: { startedAt: string; expiresAt: string }[] }).data.map(
      ({ startedAt, expiresAt }) => (Date.parse(expiresAt) - Date.parse(startedAt)) / 1000,
    );
    expect(lengths).toEqual([90, 90, 3600]);
  });
});
