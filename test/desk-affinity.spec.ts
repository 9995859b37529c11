import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { atOnce, Instances, tally } from './support/instances.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, report, reportBatch } from './support/messages.js';
import { lastEntry, loads } from './support/pushing.js';
import { World, type Person } from './support/world.js';

/** What reopens, or a new conversation of a lead, goes to the operator who knows the customer. */
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

const withAffinity = (fields: Partial<InboxResponse> = {}) =>
  world.inbox({ affinity: 'LAST_OPERATOR', ...fields });
const lead = { externalId: 'crm-1' };
/** A conversation that the operator resolved. @returns a message that reopens it */
async function resolvedBy(operator: Person, inbox: InboxResponse, fields = {}) {
  const message = messageTo(inbox, fields);
  const { conversation } = await report(world, message);
  if (conversation.state === 'QUEUED') await world.claim(conversation.id, operator);
  await world.resolve(conversation.id, operator.headers);
  return message;
}
const holderAfter = async (message: object) => (await report(world, message)).conversation.assignedOperatorId;

describe.each(['PULL', 'ROUND_ROBIN'] as const)('an inbox with affinity that is %s', (distribution) => {
  it('gives what reopens to its last holder, in the same transaction', async () => {
    const inbox = await withAffinity({ distribution });
    const olivia = await world.operator({ inboxes: [inbox] });
    const message = await resolvedBy(olivia, inbox);
    await world.operator({ inboxes: [inbox] });

    const { conversation } = await report(world, message);

    expect(conversation).toMatchObject({ state: 'ALLOCATED', assignedOperatorId: olivia.id });
    expect(await lastEntry(world, conversation.id)).toMatchObject({
      type: 'conversation.distributed',
      actor: { type: 'SYSTEM' },
      reason: 'Given to the operator who held it last',
      to: { operatorId: olivia.id },
      score: expect.any(Number) as number,
    });
  });

  it('gives a new conversation of a lead to the operator who holds another, before the last holder', async () => {
    const inbox = await withAffinity({ distribution });
    const elsewhere = await world.inbox();
    const last = await world.operator({ inboxes: [inbox, elsewhere] });
    await resolvedBy(last, inbox, { lead });
    const holder = await world.operator({ inboxes: [inbox, elsewhere] });
    const open = await report(world, messageTo(elsewhere, { lead }));
    await world.claim(open.conversation.id, holder);

    expect(await holderAfter(messageTo(inbox, { lead }))).toBe(holder.id);
    expect(await holderAfter(messageTo(inbox, { lead }))).toBe(holder.id);

    await world.setStatus(holder, 'OFFLINE');
    expect(await holderAfter(messageTo(inbox, { lead }))).toBe(last.id);
  });
});

describe('as always', () => {
  it.each([
    ['is OFFLINE', (olivia: Person) => world.setStatus(olivia, 'OFFLINE')],
    ['is deactivated', (olivia: Person) => world.deactivate(olivia)],
    [
      'has declined it',
      async (olivia: Person) => {
        await app.database.rows(
          `select decline_conversations($1, array_agg(id), array_agg($2::uuid), false) from conversations
          where tenant_id = $1`,
          [world.tenantId, olivia.id],
        );
      },
    ],
    [
      'is at capacity',
      async (olivia: Person, inbox: InboxResponse) => {
        await world.allocated(inbox, olivia);
      },
    ],
    [
      'is not subscribed any more',
      (olivia: Person, inbox: InboxResponse) => world.unsubscribe(inbox, olivia),
    ],
  ])('it waits when the last holder %s', async (_, change) => {
    const inbox = await withAffinity();
    const olivia = await world.operator({ inboxes: [inbox], maxLoad: 1 });
    const message = await resolvedBy(olivia, inbox);
    await change(olivia, inbox);
    expect((await report(world, message)).conversation).toMatchObject({
      state: 'QUEUED',
      assignedOperatorId: null,
    });
  });

  it('it is distributed to others when the last holder is away', async () => {
    const inbox = await withAffinity({ distribution: 'LEAST_LOADED' });
    const olivia = await world.operator({ inboxes: [inbox] });
    const message = await resolvedBy(olivia, inbox);
    await world.setStatus(olivia, 'OFFLINE');
    const oscar = await world.operator({ inboxes: [inbox] });
    expect(await holderAfter(message)).toBe(oscar.id);
  });

  it('it waits without affinity, and a customer whom nobody knows waits', async () => {
    const [none, affine] = [await world.inbox(), await withAffinity()];
    const olivia = await world.operator({ inboxes: [none, affine] });
    expect(await holderAfter(await resolvedBy(olivia, none))).toBeNull();
    expect(await holderAfter(messageTo(affine, { lead: { externalId: 'nobody-knows' } }))).toBeNull();
  });
});

it('gives a batch up to the capacity, the rest waits', async () => {
  const inbox = await withAffinity();
  const olivia = await world.operator({ inboxes: [inbox], maxLoad: 3 });
  const messages = [];
  for (let i = 0; i < 5; i++) messages.push(await resolvedBy(olivia, inbox));
  await reportBatch(world, [...messages, messageTo(inbox)]);
  expect(await loads(world)).toEqual({ [olivia.id]: 3 });
});

it('never exceeds the capacity on two instances, and loses nothing', async () => {
  const [pull, push] = [await withAffinity(), await withAffinity({ distribution: 'ROUND_ROBIN' })];
  const olivia = await world.operator({ inboxes: [pull, push], maxLoad: 4 });
  const oscar = await world.operator({ inboxes: [pull, push], maxLoad: 4 });
  const messages: object[] = [];
  for (let i = 0; i < 12; i++)
    messages.push(await resolvedBy(i % 2 === 0 ? olivia : oscar, i % 3 === 0 ? push : pull));

  const responses = await atOnce(24, (i) =>
    i % 2 === 0
      ? instances.post('/orchestrator/messages', world.orchestrator, messages[i / 2]!)
      : instances.post('/allocation/allocate', (i % 4 === 1 ? olivia : oscar).headers, {}),
  );

  expect(Object.keys(tally(responses)).filter((status) => status >= '500')).toEqual([]);
  expect(await loads(world)).toEqual({ [olivia.id]: 4, [oscar.id]: 4 });
}, 60_000);
