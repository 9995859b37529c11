import type { ConversationResponse } from '../src/conversations/conversation.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { OverdueWaits } from '../src/waits/overdue-waits.js';
import { Desk } from './support/desk.js';
import { whileHolding } from './support/faults/locks.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, report } from './support/messages.js';
import { Scrape } from './support/scrape.js';
import { PLATFORM_KEY } from './support/settings.js';
import { World } from './support/world.js';

let desk: Desk;
let world: World;
beforeAll(async () => {
  desk = await Desk.start();
});
beforeEach(async () => {
  world = await World.create(desk.app);
});
afterEach(() => expectInvariants(desk.app.database, world.tenantId));
afterAll(() => desk.stop());

const sweep = () => desk.next().run(OverdueWaits);
/** An inbox that aims for five minutes. */
const aiming = (fields: Partial<InboxResponse> = {}) => world.inbox({ waitTargetSeconds: 300, ...fields });
const aim = (inbox: InboxResponse, waitTargetSeconds: number | null) =>
  desk.app.call('patch', `/inboxes/${inbox.id}`, world.admin).send({ waitTargetSeconds }).expect(200);
const reported = async ({ id }: { id: string }) =>
  (await world.history(id)).filter((type) => type === 'conversation.overdue').length;
/** Reported once, whatever sweeps follow. */
async function expectOnce(conversation: ConversationResponse): Promise<void> {
  await sweep();
  await sweep();
  expect(await reported(conversation)).toBe(1);
}

describe('a wait', () => {
  it('is reported once, with the words of a supervisor, and goes on', async () => {
    const inbox = await aiming();
    const [short, long] = [
      await world.queued(inbox, { minutesAgo: 4 }),
      await world.queued(inbox, { minutesAgo: 6 }),
    ];
    expect(await sweep()).toBe(1);
    expect(await sweep()).toBe(0);
    expect([await reported(short), await reported(long)]).toEqual([0, 1]);
    expect(await world.conversation(long.id)).toMatchObject({
      state: 'QUEUED',
      waitingSince: long.waitingSince,
      version: 2,
    });
    const { body } = await desk.app
      .call('get', '/events', world.admin)
      .query({ type: 'conversation.overdue', inboxId: inbox.id })
      .expect(200);
    const place = { state: 'QUEUED', operatorId: null, inboxId: inbox.id };
    expect((body as { data: unknown[] }).data).toMatchObject([
      {
        conversationId: long.id,
        inboxId: inbox.id,
        version: 2,
        actor: { type: 'SYSTEM', id: null },
        reason: 'Waits longer than 300 seconds, the target of its inbox',
        from: place,
        to: place,
      },
    ]);
  });

  it('is counted', async () => {
    const overdue = async () => (await Scrape.of(desk.app)).value('inbox_waits_overdue_total', {});
    const before = await overdue();
    await world.queued(await aiming(), { minutesAgo: 6 });
    await desk.app.run(OverdueWaits);
    expect(await overdue()).toBe(before! + 1);
  });

  it('goes on when the conversation returns to the queue', async () => {
    const inbox = await aiming();
    const olivia = await world.operator({ inboxes: [inbox] });
    const late = await world.queued(inbox, { minutesAgo: 6 });
    await sweep();
    await world.claim(late.id, olivia);
    await world.deallocate(late.id);
    await expectOnce(late);

    const unnoticed = await world.allocated(inbox, olivia, { minutesAgo: 6 });
    await sweep();
    expect(await reported(unnoticed)).toBe(0);
    await desk.act('release', olivia.headers, unnoticed.id);
    await expectOnce(unnoticed);
  });

  it('goes on while the customer writes more, also something older', async () => {
    const inbox = await aiming();
    const late = await world.queued(inbox, { minutesAgo: 6 });
    await sweep();
    for (const minutes of [1, 20]) {
      await world.queued(inbox, { externalId: late.externalConversationId, minutesAgo: minutes });
      await expectOnce(late);
    }

    const begun = await world.queued(inbox, { minutesAgo: 1 });
    await sweep();
    expect(await reported(begun)).toBe(0);
    await world.queued(inbox, { externalId: begun.externalConversationId, minutesAgo: 6 });
    await expectOnce(begun);
  });

  it('begins anew when the conversation is reopened', async () => {
    const inbox = await aiming({ waitTargetSeconds: 1 });
    const { externalConversationId, id } = await world.queued(inbox, { minutesAgo: 6 });
    await sweep();
    await world.resolve(id);
    await sweep();
    expect(await reported({ id })).toBe(1);
    await report(world, messageTo(inbox, { externalConversationId }));
    await desk.app.database.rows(
      `update conversations set waiting_since = waiting_since - interval '2 seconds' where id = $1`,
      [id],
    );
    await sweep();
    await sweep();
    expect(await reported({ id })).toBe(2);
  });

  it('is not over with a boost, and ends with an operator or a resolution', async () => {
    const inbox = await aiming();
    const olivia = await world.operator({ inboxes: [inbox] });
    const boosted = await world.queued(inbox, { minutesAgo: 1 });
    await world.boost(boosted.id, 600);
    const [held, parked] = [
      await world.allocated(inbox, olivia, { minutesAgo: 6 }),
      await world.allocated(inbox, olivia, { minutesAgo: 6 }),
    ];
    await desk.act('park', olivia.headers, parked.id);
    const resolved = await world.resolved(inbox, { minutesAgo: 6 });
    expect(await sweep()).toBe(0);
    expect(await Promise.all([boosted, held, parked, resolved].map(reported))).toEqual([0, 0, 0, 0]);
  });
});

describe('the target', () => {
  it('is that of the inbox in which it waits', async () => {
    const [inbox, patient] = [await aiming(), await world.inbox()];
    const [told, untold] = [
      await world.queued(inbox, { minutesAgo: 6 }),
      await world.queued(patient, { minutesAgo: 6 }),
    ];
    await sweep();
    expect([await reported(told), await reported(untold)]).toEqual([1, 0]);
    const move = (id: string, inboxId: string) => desk.act('move-inbox', world.admin, id, { inboxId });
    await move(told.id, patient.id);
    await move(untold.id, inbox.id);
    await expectOnce(untold);
    await move(told.id, inbox.id);
    await expectOnce(told);
  });

  it('counts from when it is set, lowered or raised, and no report is taken back or repeated', async () => {
    const inbox = await world.inbox();
    const late = await world.queued(inbox, { minutesAgo: 6 });
    expect(await sweep()).toBe(0);
    await aim(inbox, 600);
    expect(await sweep()).toBe(0);
    await aim(inbox, 300);
    await expectOnce(late);
    for (const seconds of [3_600, null, 60]) {
      await aim(inbox, seconds);
      await expectOnce(late);
    }
    await aim(inbox, null);
    await world.queued(inbox, { minutesAgo: 6 });
    expect(await sweep()).toBe(0);
  });

  it('counts in an archived inbox, and rests in a suspended tenant', async () => {
    const inbox = await aiming();
    const late = await world.queued(inbox, { minutesAgo: 6 });
    await world.operator({ inboxes: [inbox] });
    await desk.app.call('patch', `/inboxes/${inbox.id}`, world.admin).send({ isActive: false }).expect(200);
    const suspend = (isSuspended: boolean) =>
      desk.app
        .call('patch', `/tenants/${world.tenantId}`, { Authorization: `Bearer ${PLATFORM_KEY}` })
        .send({ isSuspended })
        .expect(200);
    await suspend(true);
    expect(await sweep()).toBe(0);
    await suspend(false);
    await expectOnce(late);
  });
});

it('is not reported while somebody takes it, and not afterwards', async () => {
  const inbox = await aiming();
  const olivia = await world.operator({ inboxes: [inbox] });
  const late = await world.queued(inbox, { minutesAgo: 6 });
  const taking = 'select 1 from conversations where id = $1 for no key update';
  await whileHolding(desk.app.database, taking, late.id, async () => {
    expect(await sweep()).toBe(0);
  });
  await world.claim(late.id, olivia);
  expect(await sweep()).toBe(0);
  expect(await reported(late)).toBe(0);
});

it('finds what is to be reported behind much that was', async () => {
  const inbox = await aiming();
  for (let i = 0; i < 5; i++) await world.queued(inbox, { minutesAgo: 60 });
  expect(await sweep()).toBe(5);
  await world.queued(inbox, { minutesAgo: 6 });
  expect(await sweep()).toBe(1);
});
