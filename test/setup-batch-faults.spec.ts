import type { OperatorItemResult } from '../src/operators/operator-batch.js';
import type { OperatorResponse } from '../src/operators/operator.js';
import { TestApplication } from './support/application.js';
import { sessionsWaiting, whileHolding } from './support/faults/locks.js';
import { keyed } from './support/idempotency-keys.js';
import { refused } from './support/refused.js';
import { direct } from './support/settings.js';
import { World } from './support/world.js';

let app: TestApplication;
let impatient: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start();
  impatient = await app.another({ ...direct(app.database.url), DATABASE_LOCK_TIMEOUT_MS: '200' });
});
beforeEach(async () => {
  world = await World.create(app);
});
afterAll(async () => {
  await impatient.stop();
  await app.stop();
});

const LOCK_OPERATOR = 'select from operators where id = $1 for update';

const sending = (operators: object[], headers = world.admin, to = app) =>
  to.call('post', '/operators/batch', headers).send({ operators });
const names = async () => {
  const { body } = await app.call('get', '/operators?limit=100', world.admin).expect(200);
  return (body as { data: OperatorResponse[] }).data.map(({ name }) => name).sort();
};

describe('a batch that fails as a whole', () => {
  const items = [
    { name: 'Otto', externalId: 'otto' },
    { name: 'Olga', externalId: 'olga' },
    { name: 'Oskar', externalId: 'oskar' },
  ];

  it('has done what came before, and is sent again', async () => {
    const { id } = await world.operator({ name: 'Held', externalId: 'olga' });
    await whileHolding(app.database, LOCK_OPERATOR, id, async () => {
      await refused(sending(items, world.admin, impatient), 'DATABASE_UNAVAILABLE');
    });
    expect(await names()).toEqual(['Ada Admin', 'Held', 'Otto']);
    const { body } = await sending(items).expect(200);
    const { results } = body as { results: OperatorItemResult[] };
    expect(results.map(({ status }) => status)).toEqual([200, 200, 201]);
    expect(await names()).toEqual(['Ada Admin', 'Olga', 'Oskar', 'Otto']);
  });

  it('has done nothing with an Idempotency-Key, which then does it once', async () => {
    const { id } = await world.operator({ name: 'Held', externalId: 'olga' });
    const headers = keyed(world.admin, 'all');
    await whileHolding(app.database, LOCK_OPERATOR, id, async () => {
      await refused(sending(items, headers, impatient), 'DATABASE_UNAVAILABLE');
    });
    expect(await names()).toEqual(['Ada Admin', 'Held']);
    await sending(items, headers).expect(200);
    expect(await names()).toEqual(['Ada Admin', 'Olga', 'Oskar', 'Otto']);
  });
});

describe('locks', () => {
  it('of a batch with a key are taken in their order, whatever the order of its items', async () => {
    const people = [
      await world.operator({ externalId: 'first' }),
      await world.operator({ externalId: 'second' }),
      await world.operator({ externalId: 'third' }),
    ].sort((a, b) => (a.id < b.id ? -1 : 1));
    const items = people.map(({ externalId }) => ({ name: 'Renamed', externalId }));
    await whileHolding(app.database, LOCK_OPERATOR, people[0]!.id, async () => {
      const batch = Promise.resolve(sending(items.reverse(), keyed(world.admin, 'order')).expect(200));
      await sessionsWaiting(app.database, 1);
      const session = await app.database.session();
      for (const { id } of people.slice(1)) {
        const { rowCount } = await session.query(`${LOCK_OPERATOR} nowait`, [id]);
        expect(rowCount).toBe(1);
      }
      await session.end();
      held = batch;
    });
    await held;
    expect(await names()).toEqual(['Ada Admin', 'Renamed', 'Renamed', 'Renamed']);
  });

  it('of a batch with a key begin with the ranking when somebody is deactivated', async () => {
    const [first, second] = [
      await world.operator({ externalId: 'first' }),
      await world.operator({ externalId: 'second' }),
    ];
    await whileHolding(app.database, 'select change_ranking($1)', world.tenantId, async () => {
      const items = [
        { name: 'Renamed', externalId: 'first' },
        { name: 'Gone', externalId: 'second', isActive: false },
      ];
      held = Promise.resolve(sending(items, keyed(world.admin, 'ranking')).expect(200));
      await sessionsWaiting(app.database, 1);
      const session = await app.database.session();
      for (const { id } of [first, second]) {
        const { rowCount } = await session.query(`${LOCK_OPERATOR} nowait`, [id]);
        expect(rowCount).toBe(1);
      }
      await session.end();
    });
    await held;
    expect(await names()).toEqual(['Ada Admin', 'Gone', 'Renamed']);
  });
});

let held: Promise<unknown>;
