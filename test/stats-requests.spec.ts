import { randomUUID } from 'node:crypto';
import type { QueueStatistics } from '../src/stats/queue-statistics.js';
import type { DistributionStatistics, OperatorStatistics } from '../src/stats/stats-responses.js';
import { TestApplication } from './support/application.js';
import { nameOf, ROUTES, wrongResponse } from './support/openapi.js';
import { invalid, refused } from './support/refused.js';
import { foldAll, pushInbox, read, tell } from './support/story.js';
import { minutesBefore, World, type Person } from './support/world.js';

let app: TestApplication;
let world: World;
let ann: Person;
let manager: Person;
beforeAll(async () => {
  app = await TestApplication.start();
});
beforeEach(async () => {
  world = await World.create(app);
  ann = await world.operator();
  manager = await world.operator({ role: 'MANAGER' });
});
afterAll(() => app.stop());

const OF_ALL = ['/stats/queue', '/stats/distribution', '/stats/operators', '/stats/waits'];
const WITH_WINDOW = ['/stats/distribution', '/stats/operators', '/stats/waits'];

describe('who may read statistics', () => {
  it.each(OF_ALL)('%s: managers, administrators and the orchestrator, nobody else', async (path) => {
    for (const headers of [manager.headers, world.admin, world.orchestrator])
      await app.call('get', path, headers).expect(200);
    await refused(app.call('get', path, ann.headers), 'FORBIDDEN');
    await refused(app.call('get', path), 'UNAUTHENTICATED');
  });

  it('an operator reads only their own, and 404 for others', async () => {
    const path = (id: string) => `/operators/${id}/stats`;
    for (const headers of [ann.headers, manager.headers, world.admin, world.orchestrator])
      await app.call('get', path(ann.id), headers).expect(200);
    for (const id of [manager.id, randomUUID()])
      await refused(app.call('get', path(id), ann.headers), 'FORBIDDEN');
    await refused(app.call('get', path(randomUUID()), manager.headers), 'NOT_FOUND');
    const elsewhere = await (await World.create(app)).operator();
    await refused(app.call('get', path(elsewhere.id), manager.headers), 'NOT_FOUND');
  });
});

describe('a window', () => {
  const paths = () => [...WITH_WINDOW, `/operators/${ann.id}/stats`];

  it.each([
    ['from=yesterday', 'from'],
    ['from=2026-03-02', 'from'],
    ['from=2026-03-02T09:00:00', 'from'],
    ['from=2026-02-30T09:00:00Z', 'from'],
    ['from=2026-03-02T24:00:01Z', 'from'],
    ['from=2026-03-02T24:00:00Z', 'from'],
    ['from=2026-03-02T09:00Z', 'from'],
    ['from=2026-03-02T09:00:00+01:00', 'from'],
    ['from=2026-03-02T09:00:00.0001Z', 'from'],
    ['from=0000-01-01T00:00:00Z', 'from'],
    ['from=', 'from'],
    ['to=1772442000', 'to'],
    ['to=9999-12-31T23:59:59-01:00', 'to'],
    ['to=2026-03-02T09:00:00Z&to=2026-03-02T10:00:00Z', 'to'],
    ['from=2026-03-02T09:00:00Z&to=2026-03-02T09:00:00Z', 'to'],
    ['from=2026-03-02T09:00:00Z&to=2026-03-02T09:30:00%2B01:00', 'to'],
    ['since=2026-03-02T09:00:00Z', 'since'],
  ])('of %s is refused', async (query, field) => {
    for (const path of paths()) await invalid(app.call('get', `${path}?${query}`, world.admin), field);
  });

  it('is in UTC', async () => {
    for (const path of paths()) {
      const response = await read<OperatorStatistics>(
        world,
        `${path}?from=2026-03-02T09:00:00%2B01:00&to=2100-01-01T00:00:00.5Z`,
      );
      expect(response).toMatchObject({ from: '2026-03-02T08:00:00.000Z', to: '2100-01-01T00:00:00.500Z' });
    }
  });

  it('may have an inbox id', async () => {
    for (const path of ['/stats/distribution', '/stats/waits'])
      await invalid(app.call('get', `${path}?inboxId=Sales`, world.admin), 'inboxId');
  });
});

describe('the queue', () => {
  it('have the arrivals and resolutions of the last 60 minutes', async () => {
    const inbox = await world.inbox();
    const ago = minutesBefore;
    await tell(world, inbox, [
      { type: 'created', at: ago(61) },
      { type: 'resolved', at: ago(60.5) },
      { type: 'reopened', at: ago(59.5) },
      { type: 'resolved', at: ago(30) },
      { type: 'reopened', at: ago(0.1) },
    ]);
    await tell(world, inbox, [
      { type: 'created', at: ago(59) },
      { type: 'claimed', at: ago(58), to: ann.id },
      { type: 'deallocated', at: ago(57) },
    ]);
    const expected = { depth: 2, arrivalsLastHour: 3, resolutionsLastHour: 1 };
    expect((await read<QueueStatistics>(world, '/stats/queue')).data).toMatchObject([expected]);
    await foldAll(world);
    expect((await read<QueueStatistics>(world, '/stats/queue')).data).toMatchObject([expected]);
  });

  it('is empty in an unused inbox', async () => {
    const inbox = await world.inbox();
    expect((await read<QueueStatistics>(world, '/stats/queue')).data).toEqual([
      {
        inboxId: inbox.id,
        name: inbox.name,
        distribution: 'PULL',
        depth: 0,
        oldestWaitingSince: null,
        oldestConversationId: null,
        oldestWaitSeconds: null,
        overTarget: null,
        operators: { available: 0, paused: 0, offline: 0 },
        freeCapacity: 0,
        arrivalsLastHour: 0,
        resolutionsLastHour: 0,
        resolvedByOutcomeLastHour: { handled: 0, abandoned: 0, spam: 0, duplicate: 0 },
      },
    ]);
  });

  it('names who waits longest, and counts the waits over the target', async () => {
    const inbox = await world.inbox();
    const target = { waitTargetSeconds: 600 };
    await app.call('patch', `/inboxes/${inbox.id}`, world.admin).send(target).expect(200);
    const [, oldest] = [
      await world.queued(inbox, { minutesAgo: 20 }),
      await world.queued(inbox, { minutesAgo: 30 }),
      await world.queued(inbox, { minutesAgo: 5 }),
    ];
    const [first] = (await read<QueueStatistics>(world, '/stats/queue')).data;
    const expected = {
      overTarget: 2,
      oldestConversationId: oldest.id,
      oldestWaitingSince: oldest.waitingSince,
    };
    expect(first).toMatchObject(expected);
  });

  it('counts the operators of an inbox by status, and what they can still get', async () => {
    const [inbox, other] = [await world.inbox({ name: 'A' }), await world.inbox({ name: 'B' })];
    const busy = await world.operator({ inboxes: [inbox, other], maxLoad: 3 });
    const full = await world.operator({ inboxes: [inbox], maxLoad: 1 });
    await world.operator({ inboxes: [inbox], maxLoad: 9, status: 'PAUSED' });
    await world.operator({ inboxes: [inbox], status: 'OFFLINE' });
    await world.deactivate(await world.operator({ inboxes: [inbox] }));
    await world.allocated(other, busy);
    await world.allocated(inbox, full);
    const staff = async () =>
      (await read<QueueStatistics>(world, '/stats/queue')).data.map(({ operators, freeCapacity }) => ({
        operators,
        freeCapacity,
      }));
    const counts = { available: 2, paused: 1, offline: 1 };
    const elsewhere = { available: 1, paused: 0, offline: 0 };
    expect(await staff()).toEqual([
      { operators: counts, freeCapacity: 2 },
      { operators: elsewhere, freeCapacity: 2 },
    ]);
    await world.unsubscribe(inbox, busy);
    const most = { operatorId: busy.id, weight: 1, maxLoad: 1 };
    await app.call('post', `/inboxes/${inbox.id}/operators`, world.admin).send(most).expect(201);
    expect((await staff())[0]).toEqual({ operators: counts, freeCapacity: 1 });
    await world.operator({ inboxes: [inbox], maxLoad: null });
    expect((await staff())[0]).toEqual({ operators: { ...counts, available: 3 }, freeCapacity: null });
  });

  it('follows the transitions', async () => {
    const inbox = await world.inbox();
    const person = await world.operator({ inboxes: [inbox] });
    const depth = async () => (await read<QueueStatistics>(world, '/stats/queue')).data[0]!.depth;
    for (const name of ['a', 'b', 'c']) await world.queued(inbox, { externalId: name });
    const { id } = (await world.allocate(person))!;
    expect(await depth()).toBe(2);
    await foldAll(world);
    await world.deallocate(id);
    expect(await depth()).toBe(3);
    expect(await read(world, `/operators/${person.id}/stats`)).toMatchObject({
      load: 0,
      transitions: { allocated: 1, deallocated: 1 },
    });
  });
});

describe('the distribution', () => {
  it('omits an inbox that never distributed', async () => {
    await world.operator({ inboxes: [await world.inbox()] });
    expect((await read<DistributionStatistics>(world, '/stats/distribution')).data).toEqual([]);
  });

  it('has every subscriber of an inbox that distributed, even after a change to PULL', async () => {
    const inbox = await world.inbox();
    const [one, two] = [
      await world.operator({ inboxes: [inbox] }),
      await world.operator({ inboxes: [inbox] }),
    ];
    await tell(world, inbox, [
      { type: 'created', at: minutesBefore(9) },
      { type: 'distributed', at: minutesBefore(9), to: one.id },
    ]);
    const shown = async (query = '') =>
      (await read<DistributionStatistics>(world, `/stats/distribution${query}`)).data.map((row) => [
        row.operatorId,
        row.given,
        row.configuredShare,
      ]);
    const byId = (rows: unknown[][]) => rows.sort((a, b) => String(a[0]).localeCompare(String(b[0])));
    expect(byId(await shown())).toEqual(
      byId([
        [one.id, 1, 0.5],
        [two.id, 0, 0.5],
      ]),
    );
    expect(await shown(`?from=${minutesBefore(5)}`)).toEqual([]);
  });

  it('has the start of each subscription, which no window changes', async () => {
    const inbox = await pushInbox(world, 'Push');
    const before = new Date().toISOString();
    await world.operator({ inboxes: [inbox] });
    const since = async (query: string) =>
      (await read<DistributionStatistics>(world, `/stats/distribution${query}`)).data[0]!.since;
    expect((await since('')) >= before).toBe(true);
    expect((await since('?from=2026-01-01T00:00:00Z')) >= before).toBe(true);
    expect(await since('?from=2100-01-01T00:00:00Z')).toBe('2100-01-01T00:00:00.000Z');
  });
});

describe('responses', () => {
  it('match the document', async () => {
    const inbox = await pushInbox(world, 'Push');
    await world.operator({ inboxes: [inbox] });
    await tell(world, inbox, [
      { type: 'created', at: minutesBefore(9) },
      { type: 'distributed', at: minutesBefore(8), to: ann.id },
      { type: 'resolved', at: minutesBefore(5) },
      { type: 'reopened', at: minutesBefore(4) },
    ]);
    for (const path of [...OF_ALL, '/operators/{id}/stats']) {
      const route = ROUTES.find((known) => nameOf(known) === `GET ${path}`)!;
      const body = await read<unknown>(world, path.replace('{id}', ann.id));
      expect({ path, wrong: wrongResponse(route, { status: 200, type: 'application/json', body }) }).toEqual({
        path,
        wrong: [],
      });
    }
  });
});
