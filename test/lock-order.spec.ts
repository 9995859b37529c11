import { Client } from 'pg';
import { TestApplication } from './support/application.js';
import { sessionsWaiting } from './support/faults/locks.js';
import { messageTo, reporting } from './support/messages.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

interface Setting {
  world: World;
  operatorId: string;
}

/** What shares the ranking and locks an operator, each in a transaction of its own. */
const PATHS: [name: string, run: (setting: Setting) => PromiseLike<unknown>][] = [
  [
    'deactivating an operator',
    ({ world, operatorId }) =>
      app.call('patch', `/operators/${operatorId}`, world.admin).send({ isActive: false }).expect(200),
  ],
  [
    'going OFFLINE',
    ({ world, operatorId }) =>
      app.call('put', `/operators/${operatorId}/status`, world.admin).send({ status: 'OFFLINE' }).expect(200),
  ],
  [
    'pausing until nothing is held',
    ({ world, operatorId }) =>
      app
        .call('put', `/operators/${operatorId}/status`, world.admin)
        .send({ status: 'PAUSED', then: 'OFFLINE' })
        .expect(200),
  ],
  [
    'a message to an inbox that pushes',
    async ({ world }) => {
      const inbox = await inboxThatPushes(world);
      await reporting(world, messageTo(inbox)).expect(201);
    },
  ],
];

const PUSHING = new WeakMap<World, Awaited<ReturnType<World['inbox']>>>();
async function inboxThatPushes(world: World) {
  const known = PUSHING.get(world) ?? (await world.inbox({ distribution: 'ROUND_ROBIN' }));
  PUSHING.set(world, known);
  return known;
}

/**
 * allocate shares the ranking and then locks its operator. A transaction that locks an operator and
 * then asks for the ranking waits for a change of the settings. That waits for allocate, and allocate waits for the
 * operator: a deadlock, found after a second.
 */
it.each(PATHS)('%s locks no operator while it waits for the ranking', async (_name, run) => {
  const world = await World.create(app, { gracePeriodSeconds: 0 });
  const inbox = await inboxThatPushes(world);
  const { id: operatorId } = await world.operator({ inboxes: [inbox] });
  const allocating = new Client({ connectionString: app.database.url });
  await allocating.connect();
  try {
    await allocating.query('begin');
    await allocating.query('select share_ranking($1)', [world.tenantId]);
    const change = app.call('patch', '/tenant/settings', world.admin).send({ alpha: 0.5 }).expect(200);
    const changed = change.then((response) => response);
    await sessionsWaiting(app.database, 1);
    const done = Promise.resolve(run({ world, operatorId }));
    await sessionsWaiting(app.database, 2);

    const locked = await allocating.query('select id from operators where id = $1 for no key update nowait', [
      operatorId,
    ]);
    expect(locked.rowCount).toBe(1);

    await allocating.query('rollback');
    await changed;
    await done;
  } finally {
    await allocating.end();
  }
});
