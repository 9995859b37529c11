import type { InboxResponse } from '../src/inboxes/inbox.js';
import { Attendance } from '../src/waits/attendance.js';
import type { Headers } from './support/application.js';
import { Desk } from './support/desk.js';
import { expectInvariants } from './support/invariants.js';
import { PLATFORM_KEY } from './support/settings.js';
import { World } from './support/world.js';

let desk: Desk;
let world: World;
let inbox: InboxResponse;
beforeAll(async () => {
  desk = await Desk.start();
});
beforeEach(async () => {
  world = await World.create(desk.app);
  inbox = await world.inbox();
});
afterEach(() => expectInvariants(desk.app.database, world.tenantId));
afterAll(() => desk.stop());

interface Told {
  type: string;
  inboxId: string;
  reason: string;
}

async function told(by: Headers = world.admin): Promise<Told[]> {
  const query = { type: 'inbox.unattended,inbox.attended' };
  const { body } = await desk.app.call('get', '/events', by).query(query).expect(200);
  return (body as { data: Told[] }).data;
}
const types = async (by?: Headers) => (await told(by)).map(({ type }) => type.replace('inbox.', ''));

const sweep = () => desk.next().run(Attendance);
/** Notices what has changed, then lets unattendedSeconds pass. */
async function passes(seconds = 61): Promise<void> {
  await sweep();
  await desk.app.database.rows(
    `update unattended_inboxes set since = since - $2 * interval '1 second' where tenant_id = $1`,
    [world.tenantId, seconds],
  );
  await sweep();
  await sweep();
}

it('is told once, in words, and so is its end', async () => {
  const olivia = await world.operator({ inboxes: [inbox], status: 'OFFLINE' });
  await world.queued(inbox);
  await sweep();
  expect(await types()).toEqual([]);
  await passes(59);
  expect(await types()).toEqual([]);
  await passes(2);
  await passes();
  expect(await types()).toEqual(['unattended']);

  await world.setStatus(olivia, 'AVAILABLE');
  await sweep();
  await passes();
  const nothing = { conversationId: null, externalConversationId: null, version: null, score: null };
  const place = { state: null, operatorId: null, inboxId: inbox.id };
  expect(await told()).toMatchObject([
    {
      ...nothing,
      type: 'inbox.unattended',
      inboxId: inbox.id,
      actor: { type: 'SYSTEM', id: null },
      reason: 'Customers wait, and nobody AVAILABLE has been there for 60 seconds',
      from: place,
      to: place,
    },
    { type: 'inbox.attended', inboxId: inbox.id, reason: 'Somebody is AVAILABLE again' },
  ]);

  await world.setStatus(olivia, 'PAUSED');
  await passes();
  expect(await types()).toEqual(['unattended', 'attended', 'unattended']);
});

it('ends when nobody waits any more, and is not told when it was shorter', async () => {
  const first = await world.queued(inbox);
  await passes();
  await world.resolve(first.id);
  await passes();
  expect((await told()).at(-1)).toMatchObject({ type: 'inbox.attended', reason: 'Nobody waits any more' });

  const second = await world.queued(inbox);
  await sweep();
  await world.resolve(second.id);
  await passes();
  expect(await types()).toEqual(['unattended', 'attended']);
  expect(await sweep()).toBe(0);
});

describe('somebody is there', () => {
  it('who is AVAILABLE and subscribed with any weight, at capacity too', async () => {
    const olivia = await world.operator({ inboxes: [inbox], weight: 0, maxLoad: 1 });
    await world.allocated(inbox, olivia);
    await world.queued(inbox);
    await world.operator();
    await passes();
    expect(await types()).toEqual([]);
    await world.unsubscribe(inbox, olivia);
    await passes();
    expect(await types()).toEqual(['unattended']);
  });

  it('of the whole tenant with autoSubscribe, until they are deactivated', async () => {
    const olivia = await world.operator();
    await world.queued(inbox);
    await passes();
    expect(await types()).toEqual(['unattended']);
    await world.change({ autoSubscribe: true });
    await passes();
    expect(await types()).toEqual(['unattended', 'attended']);
    await world.deactivate(olivia);
    await passes();
    expect(await types()).toEqual(['unattended', 'attended', 'unattended']);
  });

  it.each([false, true])('who is present, with autoSubscribe %s', async (autoSubscribe) => {
    await world.change({ presenceTimeoutSeconds: 60, autoSubscribe });
    const olivia = await world.operator({ inboxes: [inbox] });
    await world.queued(inbox);
    await passes();
    expect(await types()).toEqual([]);
    await desk.app.database.rows(
      'update operator_presence set present_until = now() where operator_id = $1',
      [olivia.id],
    );
    await passes();
    expect(await types()).toEqual(['unattended']);
    await desk.app.call('put', `/operators/${olivia.id}/presence`, olivia.headers).send({}).expect(200);
    await passes();
    expect(await types()).toEqual(['unattended', 'attended']);
  });
});

it('is seen by those who see the inbox, and not by others', async () => {
  const [olivia, oscar] = [
    await world.operator({ inboxes: [inbox], status: 'OFFLINE' }),
    await world.operator({ inboxes: [await world.inbox()] }),
  ];
  await world.queued(inbox);
  await passes();
  expect([await types(olivia.headers), await types(oscar.headers)]).toEqual([['unattended'], []]);
});

it('is off with unattendedSeconds null, which ends what was told', async () => {
  await world.change({ unattendedSeconds: null });
  await world.queued(inbox);
  expect(await sweep()).toBe(0);
  await world.change({ unattendedSeconds: 5 });
  await passes(6);
  await world.change({ unattendedSeconds: 3_600 });
  await passes();
  await world.change({ unattendedSeconds: null });
  await passes();
  expect((await told()).map(({ type, reason }) => [type, reason])).toEqual([
    ['inbox.unattended', 'Customers wait, and nobody AVAILABLE has been there for 5 seconds'],
    ['inbox.attended', 'The tenant does not ask for it any more'],
  ]);
});

it('counts in an archived inbox, and rests in a suspended tenant', async () => {
  await world.queued(inbox);
  await desk.app.call('post', `/inboxes/${inbox.id}/operators`, world.admin).send({
    operatorId: (await world.operator({ status: 'OFFLINE' })).id,
    weight: 1,
  });
  await desk.app.call('patch', `/inboxes/${inbox.id}`, world.admin).send({ isActive: false }).expect(200);
  const suspend = (isSuspended: boolean) =>
    desk.app
      .call('patch', `/tenants/${world.tenantId}`, { Authorization: `Bearer ${PLATFORM_KEY}` })
      .send({ isSuspended })
      .expect(200);
  await suspend(true);
  expect(await sweep()).toBe(0);
  await suspend(false);
  await passes();
  expect(await types()).toEqual(['unattended']);
});
