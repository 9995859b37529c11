import { ledgerOf, newEntry } from './support/behind.js';
import { TestApplication } from './support/application.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, report, reportBatch, reporting } from './support/messages.js';
import { minutesBefore, World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

async function setup() {
  const world = await World.create(app);
  return { world, inbox: await world.inbox() };
}

const types = async (world: World, id: string) => (await ledgerOf(world, id)).map(({ type }) => type);

describe('a boost in a message', () => {
  it('belongs to the creation of a new thread', async () => {
    const { world, inbox } = await setup();
    const { conversation, created } = await report(world, messageTo(inbox, { boostMinutes: 120 }));

    expect(created).toBe(true);
    expect(conversation).toMatchObject({ boostMinutes: 120, version: 1 });
    expect(conversation.priorityScore).toBeCloseTo(0.004 + (0.6 * 120) / 1440, 3);
    expect(await types(world, conversation.id)).toEqual(['conversation.created']);
  });

  it('of a known thread is recorded, and stays until another message has one', async () => {
    const { world, inbox } = await setup();
    const thread = messageTo(inbox);
    const { conversation } = await report(world, { ...thread, occurredAt: minutesBefore(9) });
    const entry = await newEntry(world, conversation.id, async () => {
      await report(world, { ...thread, boostMinutes: 60, messageId: 'm-1', occurredAt: minutesBefore(8) });
    });
    expect(entry).toMatchObject({
      type: 'conversation.boosted',
      actor: { type: 'SERVICE', id: 'orchestrator' },
      reason: 'Boosted by 60 minutes: a message says so',
      version: 2,
    });

    for (const fields of [
      {},
      { boostMinutes: null },
      { boostMinutes: '' as const },
      { boostMinutes: 60 },
      // Known already, and older than the latest.
      { boostMinutes: 5, messageId: 'm-1' },
      { boostMinutes: 6, occurredAt: minutesBefore(30) },
    ])
      expect((await report(world, { ...thread, ...fields })).conversation).toMatchObject({
        boostMinutes: 60,
        version: 2,
      });
    const { conversation: without } = await report(world, { ...thread, boostMinutes: 0 });
    expect(without).toMatchObject({ boostMinutes: 0, version: 3 });
    const { conversation: late } = await report(world, {
      ...thread,
      boostMinutes: 7,
      occurredAt: minutesBefore(40),
    });
    expect(late).toMatchObject({ boostMinutes: 7, version: 4 });
  });

  it('of a batch is that of the newest message of each thread', async () => {
    const { world, inbox } = await setup();
    const known = messageTo(inbox);
    const { conversation } = await report(world, { ...known, occurredAt: minutesBefore(50) });
    const fresh = messageTo(inbox);
    const at = (minutes: number) => ({ occurredAt: minutesBefore(minutes) });

    const results = await reportBatch(world, [
      { ...known, ...at(3), boostMinutes: 33 },
      { ...known, ...at(2), customerPhoneNumber: '+4915112340009' },
      { ...known, ...at(9), boostMinutes: 99 },
      { ...fresh, ...at(4), boostMinutes: -44 },
      { ...fresh, ...at(1) },
      { ...fresh, boostMinutes: 1.5 },
    ]);

    expect(results.map(({ status }) => status)).toEqual([200, 200, 200, 201, 200, 400]);
    expect(results[5]!.error).toMatchObject({
      code: 'VALIDATION_FAILED',
      detail: 'boostMinutes must be an integer from -1440 to 525600',
    });
    expect(await world.conversation(conversation.id)).toMatchObject({ boostMinutes: 33 });
    expect(await world.conversation(results[3]!.conversationId!)).toMatchObject({ boostMinutes: -44 });
    expect(await types(world, conversation.id)).toEqual([
      'conversation.created',
      'conversation.customer_changed',
      'conversation.boosted',
    ]);
  });

  it('that reopens its thread comes after the reopening', async () => {
    const { world, inbox } = await setup();
    const thread = messageTo(inbox);
    const { conversation } = await report(world, thread);
    await world.resolve(conversation.id);

    const { conversation: again } = await report(world, { ...thread, boostMinutes: 10 });

    expect(again).toMatchObject({ state: 'QUEUED', boostMinutes: 10 });
    const entries = (await types(world, conversation.id)).slice(2);
    expect(entries).toEqual(['conversation.reopened', 'conversation.boosted']);
  });

  it.each([-1_441, 525_601, 0.5, '60', true, [], {}])('is refused as %j', async (boostMinutes) => {
    const { world, inbox } = await setup();
    const { body } = await reporting(world, { ...messageTo(inbox), boostMinutes }).expect(400);
    expect(body).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ field: 'boostMinutes' }] });
  });
});
