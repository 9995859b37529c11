import type { Receivers } from '../src/allocation/list-receivers.js';
import { TestApplication } from './support/application.js';
import { World, type Person } from './support/world.js';

/** To whom holders can hand over what they hold. */
let app: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());
beforeEach(async () => {
  world = await World.create(app);
});

const receivers = async (by: Person, id: string) => {
  const { body } = await app.call('get', `/conversations/${id}/receivers`, by.headers).expect(200);
  return (body as Receivers).operators;
};
const refusal = async (by: Person, id: string) => {
  const { status, body } = await app.call('get', `/conversations/${id}/receivers`, by.headers);
  return `${status} ${(body as { code: string }).code}`;
};

it('are the active colleagues of its inbox, first those who can receive it, and transfer agrees', async () => {
  const inbox = await world.inbox();
  const other = await world.inbox();
  const olivia = await world.operator({ inboxes: [inbox], name: 'Olivia' });
  const person = (name: string, more = {}) => world.operator({ inboxes: [inbox, other], name, ...more });
  const ann = await person('Ann', { status: 'OFFLINE' });
  const bob = await person('Bob', { maxLoad: 1 });
  const cleo = await person('Cleo');
  const dan = await person('Dan');
  const eve = await person('Eve', { maxLoad: 2 });
  await world.operator({ inboxes: [other], name: 'Not of this inbox' });
  await world.deactivate(await person('Gone'));
  await world.allocated(other, bob);
  await world.allocated(other, eve);
  await world.setStatus(cleo, 'PAUSED');
  await app.database.rows('update subscriptions set max_load = 1 where inbox_id = $1 and operator_id = $2', [
    inbox.id,
    dan.id,
  ]);
  await world.allocated(inbox, dan);
  const { id } = await world.allocated(inbox, olivia);

  const found = await receivers(olivia, id);
  expect(found).toEqual([
    { operatorId: eve.id, name: 'Eve', status: 'AVAILABLE', canReceive: true },
    { operatorId: ann.id, name: 'Ann', status: 'OFFLINE', canReceive: false },
    { operatorId: bob.id, name: 'Bob', status: 'AVAILABLE', canReceive: false },
    { operatorId: cleo.id, name: 'Cleo', status: 'PAUSED', canReceive: false },
    { operatorId: dan.id, name: 'Dan', status: 'AVAILABLE', canReceive: false },
  ]);
  for (const { operatorId, canReceive } of found.toReversed()) {
    const body = { conversationId: id, operatorId };
    const { status } = await app.call('post', '/allocation/transfer', olivia.headers).send(body);
    expect(status).toBe(canReceive ? 200 : 409);
  }
});

it('are all active operators in a tenant that subscribes by itself', async () => {
  await world.change({ autoSubscribe: true });
  const inbox = await world.inbox();
  const olivia = await world.operator({ inboxes: [inbox], name: 'Olivia' });
  const oscar = await world.operator({ name: 'Oscar' });
  const { id } = await world.allocated(inbox, olivia);
  expect((await receivers(olivia, id)).map(({ operatorId }) => operatorId)).toContain(oscar.id);
});

it('are for the holder alone', async () => {
  const inbox = await world.inbox();
  const [olivia, oscar] = [
    await world.operator({ inboxes: [inbox] }),
    await world.operator({ inboxes: [inbox] }),
  ];
  const stranger = await world.operator({ inboxes: [await world.inbox()] });
  const { id } = await world.allocated(inbox, olivia);
  const waiting = await world.queued(inbox);

  expect(await receivers(olivia, id)).toMatchObject([{ operatorId: oscar.id }]);
  expect(await refusal(oscar, id)).toBe('403 FORBIDDEN');
  expect(await refusal(stranger, id)).toBe('404 NOT_FOUND');
  expect(await refusal(olivia, waiting.id)).toBe('409 CONVERSATION_NOT_ALLOCATED');
  const elsewhere = await World.create(app);
  const theirs = await elsewhere.operator({ role: 'MANAGER', inboxes: [await elsewhere.inbox()] });
  expect(await refusal(theirs, id)).toBe('404 NOT_FOUND');
});

it('are not told to operators who may not hand over', async () => {
  const inbox = await world.inbox();
  const olivia = await world.operator({ inboxes: [inbox] });
  const mona = await world.operator({ inboxes: [inbox], role: 'MANAGER' });
  const { id } = await world.allocated(inbox, olivia);
  const hers = await world.allocated(inbox, mona);
  await world.change({ operatorsMayHandOver: false });
  expect(await refusal(olivia, id)).toBe('403 FORBIDDEN');
  expect(await receivers(mona, hers.id)).toMatchObject([{ operatorId: olivia.id }]);
});
