import { IdleLeavers } from '../src/operators/idle-leavers.js';
import { TestApplication } from './support/application.js';
import { changesNothing } from './support/behind.js';
import { findingsIn, putStatus, statusEntriesOf, statusOf } from './support/statuses.js';
import { World, type Person } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const reassign = (world: World, conversationId: string, operatorId: string) =>
  app.call('post', '/allocation/reassign', world.admin).send({ conversationId, operatorId }).expect(200);

describe('the end of a shift', () => {
  const END = { status: 'PAUSED', reason: 'End of shift', then: 'OFFLINE' } as const;
  const left = { status: 'OFFLINE', reason: 'End of shift', gracePeriods: [] };

  interface Shift {
    world: World;
    olivia: Person;
    oscar: Person;
    id: string;
  }

  /** Each takes the last conversation from its holder. */
  const LAST: [string, (shift: Shift) => PromiseLike<unknown>][] = [
    ['resolve', ({ world, olivia, id }) => world.resolve(id, olivia.headers)],
    ['deallocate', ({ world, id }) => world.deallocate(id)],
    ['reassign', ({ world, oscar, id }) => reassign(world, id, oscar.id)],
    [
      'move-inbox',
      async ({ world, id }) => {
        const { id: inboxId } = await world.inbox();
        const move = { conversationId: id, inboxId };
        await app.call('post', '/allocation/move-inbox', world.admin).send(move).expect(200);
      },
    ],
  ];

  it.each(LAST)('comes with %s of the last conversation, and not before', async (_verb, takeLast) => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const [olivia, oscar] = [
      await world.operator({ inboxes: [inbox] }),
      await world.operator({ inboxes: [inbox] }),
    ];
    const [first, { id }] = [await world.allocated(inbox, olivia), await world.allocated(inbox, olivia)];
    expect(await putStatus(world, olivia, END)).toMatchObject({ status: 'PAUSED', then: 'OFFLINE' });
    await world.resolve(first.id, olivia.headers);
    expect(await statusOf(world, olivia)).toMatchObject({ status: 'PAUSED', then: 'OFFLINE' });

    await takeLast({ world, olivia, oscar, id });

    expect(await statusOf(world, olivia)).toMatchObject(left);
    expect(await statusOf(world, olivia)).not.toHaveProperty('then');
    expect((await statusEntriesOf(world, olivia)).slice(-2)).toEqual([
      {
        type: 'operator.paused',
        actor: 'OPERATOR',
        reason:
          'The operator set the status to PAUSED, and OFFLINE when nothing is held any more: End of shift',
      },
      {
        type: 'operator.offline',
        actor: 'SYSTEM',
        reason: 'The operator holds nothing any more, and asked to become OFFLINE then',
      },
    ]);
    expect(await findingsIn(world)).toEqual([]);
  });

  it('comes at once for who holds nothing', async () => {
    const world = await World.create(app);
    const olivia = await world.operator();
    expect(await putStatus(world, olivia, END)).toMatchObject(left);
    expect((await statusEntriesOf(world, olivia)).at(-1)).toMatchObject({ type: 'operator.offline' });
    await changesNothing(world, () => putStatus(world, olivia, END));
  });

  it('does not come while something is parked', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const olivia = await world.operator({ inboxes: [inbox] });
    const [parked, other] = [await world.allocated(inbox, olivia), await world.allocated(inbox, olivia)];
    await app.database.rows('update conversations set is_parked = true where id = $1', [parked.id]);
    await putStatus(world, olivia, END);
    await world.resolve(other.id, olivia.headers);
    expect(await statusOf(world, olivia)).toMatchObject({ status: 'PAUSED', then: 'OFFLINE' });
  });

  it('is called off by another status, or without then', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const olivia = await world.operator({ inboxes: [inbox] });
    for (const request of [{ status: 'AVAILABLE' }, { status: 'PAUSED' }] as const) {
      const { id } = await world.allocated(inbox, olivia);
      await putStatus(world, olivia, END);
      await putStatus(world, olivia, request);
      await world.resolve(id, olivia.headers);
      expect(await statusOf(world, olivia)).toMatchObject(request);
    }
  });

  it('comes when two resolve the last two at the same moment', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    for (let round = 0; round < 10; round++) {
      const olivia = await world.operator({ inboxes: [inbox] });
      const held = [await world.allocated(inbox, olivia), await world.allocated(inbox, olivia)];
      await putStatus(world, olivia, END);
      await Promise.all(held.map(({ id }) => world.resolve(id, olivia.headers)));
      expect(await statusOf(world, olivia)).toMatchObject(left);
    }
  });

  it('comes by the sweep after an instance died', async () => {
    const world = await World.create(app);
    const olivia = await world.operator();
    await putStatus(world, olivia, { status: 'PAUSED', reason: END.reason });
    await app.database.rows(`update operators set next_status = 'OFFLINE' where id = $1`, [olivia.id]);
    expect(await statusOf(world, olivia)).toMatchObject({ status: 'PAUSED', then: 'OFFLINE' });
    expect((await findingsIn(world)).map(({ check }) => check)).toEqual(['leavers-hold-something']);
    expect(await app.run(IdleLeavers)).toBe(1);
    expect(await statusOf(world, olivia)).toMatchObject(left);
  });
});
