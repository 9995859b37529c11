import { SaturationSweep } from '../src/queue/saturation-sweep.js';
import { TestApplication } from './support/application.js';
import { sessionsWaiting, whileHolding } from './support/faults/locks.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

describe('allocate', () => {
  it('gives the conversation with the highest score and writes the ledger', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    await world.queued(inbox, { minutesAgo: 10 });
    const oldest = await world.queued(inbox, { minutesAgo: 100 });

    const given = await world.allocate(operator);

    expect(given).toMatchObject({
      id: oldest.id,
      state: 'ALLOCATED',
      assignedOperatorId: operator.id,
      version: 2,
    });
    expect(await world.history(oldest.id)).toEqual(['conversation.created', 'conversation.allocated']);
  });

  it('returns null when nothing waits', async () => {
    const world = await World.create(app);
    const operator = await world.operator({ inboxes: [await world.inbox()] });

    expect(await world.allocate(operator)).toBeNull();
  });

  it('finds a conversation that was marked as saturated while allocate waited for the operator', async () => {
    const world = await World.create(app, { maxDelayMinutes: 1 });
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const { id } = await world.queued(inbox, { minutesAgo: 59 / 60 });
    let given: ReturnType<World['allocate']> | undefined;

    await whileHolding(
      app.database,
      'select from operators where id = $1 for no key update',
      operator.id,
      async () => {
        given = world.allocate(operator);
        await sessionsWaiting(app.database, 1);
        await until(async () => (await app.run(SaturationSweep)) === 1);
      },
    );

    expect(await given).toMatchObject({ id });
  });
});
