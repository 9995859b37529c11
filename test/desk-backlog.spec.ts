import { DistributionSweep } from '../src/distribution/distribution-sweep.js';
import type { Explanation } from '../src/allocation/explain.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { Instances } from './support/instances.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, reportBatch } from './support/messages.js';
import { arrives, loads } from './support/pushing.js';
import { World, type Person } from './support/world.js';

/** What has waited is distributed little by little, so that it does not all go to the first who logs in. */
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

const comes = ({ id, headers }: Person) =>
  instances.put(`/operators/${id}/status`, headers, { status: 'AVAILABLE' });
const night = (inbox: InboxResponse, count: number) =>
  reportBatch(
    world,
    Array.from({ length: count }, () => messageTo(inbox)),
  );
/** Lets a minute pass for the backlog. */
const minutePasses = () =>
  app.database.rows(
    `update operators set backlog_given_at = array(select g - interval '1 minute' from unnest(backlog_given_at) g)
    where tenant_id = $1`,
    [world.tenantId],
  );
const held = async (people: Person[]) => {
  const all = await loads(world);
  return people.map(({ id }) => all[id] ?? 0);
};

describe.each(['WEIGHTED_RANDOM', 'LEAST_LOADED', 'ROUND_ROBIN'] as const)(
  'a backlog of 300, %s',
  (distribution) => {
    it('goes to three operators who log in one after another, ten a minute each', async () => {
      const inbox = await world.inbox({ distribution });
      const people: Person[] = [];
      for (let i = 0; i < 3; i++) people.push(await world.operator({ inboxes: [inbox], status: 'OFFLINE' }));
      await night(inbox, 300);

      const seen = [];
      for (const person of people) {
        expect((await comes(person)).status).toBe(200);
        seen.push(await held(people));
      }
      expect(seen).toEqual([
        [10, 0, 0],
        [10, 10, 0],
        [10, 10, 10],
      ]);
      expect(await app.run(DistributionSweep)).toBe(0);

      await minutePasses();
      await app.run(DistributionSweep);
      expect(await held(people)).toEqual([20, 20, 20]);
    });
  },
);

it('operators with less weight get less of it', async () => {
  const inbox = await world.inbox({ distribution: 'WEIGHTED_RANDOM' });
  const [light, heavy] = [
    await world.operator({ inboxes: [inbox], weight: 3, status: 'OFFLINE' }),
    await world.operator({ inboxes: [inbox], weight: 9, status: 'OFFLINE' }),
  ];
  await night(inbox, 100);
  await world.change({ backlogPerMinute: 9 });
  // Both at once: alone, each would be the highest.
  await app.database.rows(`update operators set availability = 'AVAILABLE' where id in ($1, $2)`, [
    light.id,
    heavy.id,
  ]);
  await app.run(DistributionSweep);
  expect(await held([light, heavy])).toEqual([3, 9]);
});

it('what arrives is not paced and does not count, and other inboxes go on', async () => {
  const [inbox, other] = [
    await world.inbox({ distribution: 'ROUND_ROBIN' }),
    await world.inbox({ distribution: 'ROUND_ROBIN' }),
  ];
  const olivia = await world.operator({ inboxes: [inbox], status: 'OFFLINE' });
  const [waiting] = await night(inbox, 30);
  await comes(olivia);
  const oscar = await world.operator({ inboxes: [other] });
  expect(await held([olivia])).toEqual([10]);

  for (let i = 0; i < 3; i++) expect((await arrives(world, other)).assignedOperatorId).toBe(oscar.id);
  for (let i = 0; i < 12; i++) await arrives(world, inbox);
  // A batch with one that is new has one distributed, however many messages to others are in it.
  const messages = Array.from({ length: 8 }, () => messageTo(other, { externalConversationId: 'nudge' }));
  await reportBatch(world, [...messages, messageTo(inbox)]);

  expect(await held([olivia, oscar])).toEqual([23, 4]);
  const { body } = await app
    .call('get', `/conversations/${waiting!.conversationId}/explain`, world.admin)
    .expect(200);
  const rest = await app.database.rows<{ id: string }>(
    `select id from conversations where tenant_id = $1 and state = 'QUEUED' limit 1`,
    [world.tenantId],
  );
  expect((body as Explanation).operators).toHaveLength(3);
  const { body: explained } = await app
    .call('get', `/conversations/${rest[0]!.id}/explain`, world.admin)
    .expect(200);
  expect((explained as Explanation).operators[0]).toMatchObject({
    operatorId: olivia.id,
    reasons: ['PACED'],
  });
  await minutePasses();
  await app.run(DistributionSweep);
  expect(await held([olivia])).toEqual([33]);
});

it('who was given what arrived gets as much of the backlog as others', async () => {
  const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
  const olivia = await world.operator({ inboxes: [inbox], maxLoad: 12 });
  for (let i = 0; i < 12; i++) expect((await arrives(world, inbox)).assignedOperatorId).toBe(olivia.id);
  await night(inbox, 30);
  expect(await held([olivia])).toEqual([12]);
  await app.call('patch', `/operators/${olivia.id}`, world.admin).send({ maxLoad: 100 }).expect(200);
  expect(await held([olivia])).toEqual([22]);
});

it('null distributes all at once', async () => {
  await world.change({ backlogPerMinute: null });
  const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
  const olivia = await world.operator({ inboxes: [inbox], status: 'OFFLINE' });
  await night(inbox, 60);
  await comes(olivia);
  expect(await held([olivia])).toEqual([60]);
});

describe('the turn of who is subscribed again', () => {
  it.each(['one by one', 'with the whole list'])('comes after those who wait longer, %s', async (how) => {
    const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
    const [una, umar, ulla] = [
      await world.operator({ inboxes: [inbox] }),
      await world.operator({ inboxes: [inbox] }),
      await world.operator({ inboxes: [inbox] }),
    ];
    for (let i = 0; i < 3; i++) await arrives(world, inbox);
    const list = (people: Person[]) =>
      app
        .call('put', `/inboxes/${inbox.id}/operators`, world.admin)
        .send(people.map(({ id: operatorId }) => ({ operatorId })))
        .expect(200);
    if (how === 'one by one') {
      await world.unsubscribe(inbox, ulla);
      await app
        .call('post', `/inboxes/${inbox.id}/operators`, world.admin)
        .send({ operatorId: ulla.id })
        .expect(201);
    } else {
      await list([una, umar]);
      await list([una, umar, ulla]);
    }

    const turns = [];
    for (let i = 0; i < 4; i++) turns.push((await arrives(world, inbox)).assignedOperatorId);
    expect(turns).toEqual([una.id, umar.id, ulla.id, una.id]);
  });
});
