import { DistributionSweep } from '../src/distribution/distribution-sweep.js';
import { DeadlineExpiry } from '../src/deadlines/deadline-expiry.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { expectInvariants } from './support/invariants.js';
import { arrives, holdersOf } from './support/pushing.js';
import { minutesBefore, World, type Person } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

const post = (world: World, path: string, body: object) =>
  app.call('post', path, world.admin).send(body).expect(200);
const patch = (world: World, path: string, body: object) =>
  app.call('patch', path, world.admin).send(body).expect(200);

interface Scene {
  world: World;
  /** Pushes, in turn. */
  inbox: InboxResponse;
  pulling: InboxResponse;
}

async function scene(settings = {}): Promise<Scene> {
  const world = await World.create(app, settings);
  return { world, inbox: await world.inbox({ distribution: 'ROUND_ROBIN' }), pulling: await world.inbox() };
}

/** Holds one conversation of another inbox, and may hold no more. */
async function full({ world, inbox, pulling }: Scene) {
  const operator = await world.operator({ inboxes: [inbox, pulling], maxLoad: 1 });
  return { operator, held: await world.allocated(pulling, operator) };
}

type Way = (scene: Scene) => Promise<{ operator: Person; free: () => Promise<unknown> }>;

/** Each makes room for somebody who had none when the conversation came. */
const WAYS: Record<string, Way> = {
  resolve: async (scene) => {
    const { operator, held } = await full(scene);
    return { operator, free: () => post(scene.world, '/allocation/resolve', { conversationId: held.id }) };
  },
  deallocate: async (scene) => {
    const { operator, held } = await full(scene);
    return { operator, free: () => post(scene.world, '/allocation/deallocate', { conversationId: held.id }) };
  },
  'reassign to somebody else': async (scene) => {
    const { operator, held } = await full(scene);
    const { id } = await scene.world.operator();
    const request = { conversationId: held.id, operatorId: id };
    return { operator, free: () => post(scene.world, '/allocation/reassign', request) };
  },
  'move to an inbox that is not theirs': async (scene) => {
    const { operator, held } = await full(scene);
    const { id } = await scene.world.inbox();
    const request = { conversationId: held.id, inboxId: id };
    return { operator, free: () => post(scene.world, '/allocation/move-inbox', request) };
  },
  'coming AVAILABLE': async (scene) => {
    const operator = await scene.world.operator({ inboxes: [scene.inbox], status: 'OFFLINE' });
    return { operator, free: () => scene.world.setStatus(operator, 'AVAILABLE') };
  },
  'a raised maxLoad': async (scene) => {
    const { operator } = await full(scene);
    return { operator, free: () => patch(scene.world, `/operators/${operator.id}`, { maxLoad: 2 }) };
  },
  'no maxLoad any more': async (scene) => {
    const { operator } = await full(scene);
    return { operator, free: () => patch(scene.world, `/operators/${operator.id}`, { maxLoad: null }) };
  },
  'a subscription': async ({ world, inbox }) => {
    const operator = await world.operator();
    const free = () =>
      app
        .call('post', `/inboxes/${inbox.id}/operators`, world.admin)
        .send({ operatorId: operator.id })
        .expect(201);
    return { operator, free };
  },
  'a weight above 0': async ({ world, inbox }) => {
    const operator = await world.operator({ inboxes: [inbox], weight: 0 });
    const list = [{ operatorId: operator.id, weight: 1 }];
    const free = () => app.call('put', `/inboxes/${inbox.id}/operators`, world.admin).send(list).expect(200);
    return { operator, free };
  },
  'subscribing by taking': async ({ world, inbox }) => {
    await patch(world, '/tenant/settings', { autoSubscribe: true });
    const operator = await world.operator();
    const { id } = await arrives(world, inbox);
    const free = () =>
      app.call('post', '/allocation/claim', operator.headers).send({ conversationId: id }).expect(200);
    return { operator, free };
  },
};

describe.each(Object.keys(WAYS))('%s', (way) => {
  it('distributes waiting conversations at once', async () => {
    const all = await scene();
    const { operator, free } = await WAYS[way]!(all);
    const waiting = await arrives(all.world, all.inbox);
    expect(waiting.assignedOperatorId).toBeNull();

    await free();

    expect(await all.world.conversation(waiting.id)).toMatchObject({
      state: 'ALLOCATED',
      assignedOperatorId: operator.id,
    });
    expect((await all.world.history(waiting.id)).at(-1)).toBe('conversation.distributed');
  });
});

/** Each puts a conversation of one operator back into a queue, in which it finds another one. */
const BACK: Record<string, (scene: Scene, holder: Person, id: string) => Promise<unknown>> = {
  deallocate: ({ world }, _, id) => post(world, '/allocation/deallocate', { conversationId: id }),
  'a grace period that ends': async ({ world }, holder) => {
    await world.setStatus(holder, 'OFFLINE');
    await world.endGracePeriods();
    await app.run(DeadlineExpiry);
  },
  'going OFFLINE without a grace period': async ({ world }, holder) => {
    await patch(world, '/tenant/settings', { gracePeriodSeconds: 0 });
    await world.setStatus(holder, 'OFFLINE');
  },
  deactivation: ({ world }, holder) => patch(world, `/operators/${holder.id}`, { isActive: false }),
};

describe.each(Object.keys(BACK))('%s', (way) => {
  it('gives the conversation to another eligible operator, not back', async () => {
    const all = await scene();
    const { world, inbox } = all;
    const holder = await world.operator({ inboxes: [inbox] });
    const { id } = await arrives(world, inbox);
    // Longest without one: without the rule, they would be next again.
    const other = await world.operator({ inboxes: [inbox] });
    await app.database.rows(
      `update subscriptions set last_distributed_at = now() + interval '1 hour' where operator_id = $1`,
      [other.id],
    );

    await BACK[way]!(all, holder, id);

    expect(await holdersOf(world, [{ id }])).toEqual([other.id]);
  });
});

describe('a deallocated conversation', () => {
  it('waits for another operator, and does not return to its former holder', async () => {
    const all = await scene();
    const { world, inbox } = all;
    const holder = await world.operator({ inboxes: [inbox] });
    const { id } = await arrives(world, inbox);
    const other = await world.operator({ inboxes: [inbox], status: 'OFFLINE' });

    await post(world, '/allocation/deallocate', { conversationId: id });
    expect(await holdersOf(world, [{ id }])).toEqual([null]);

    await world.setStatus(other, 'AVAILABLE');
    expect(await holdersOf(world, [{ id }])).toEqual([other.id]);
    expect((await arrives(world, inbox)).assignedOperatorId).toBe(holder.id);
  });
});

describe('a waiting conversation, when an operator has capacity again,', () => {
  it('is distributed best priority first, over all push inboxes and no others', async () => {
    const { world, inbox, pulling } = await scene();
    const second = await world.inbox({ distribution: 'WEIGHTED_RANDOM' });
    const operator = await world.operator({
      inboxes: [inbox, second, pulling],
      maxLoad: 2,
      status: 'OFFLINE',
    });
    const at = (minutes: number) => ({ occurredAt: minutesBefore(minutes) });
    const [fresh, old, older, oldest] = [
      await arrives(world, inbox, at(1)),
      await arrives(world, second, at(30)),
      await arrives(world, inbox, at(60)),
      await arrives(world, pulling, at(90)),
    ];

    await world.setStatus(operator, 'AVAILABLE');

    const all = [fresh, old, older, oldest];
    expect(await holdersOf(world, all)).toEqual([null, operator.id, operator.id, null]);
  });

  it('is distributed when its inbox becomes a push inbox, and when it moves into one', async () => {
    const { world, inbox, pulling } = await scene();
    const operator = await world.operator({ inboxes: [inbox, pulling] });
    const moved = await arrives(world, pulling);
    await post(world, '/allocation/move-inbox', { conversationId: moved.id, inboxId: inbox.id });
    expect(await holdersOf(world, [moved])).toEqual([operator.id]);

    const waiting = [await arrives(world, pulling), await arrives(world, pulling)];
    expect(await holdersOf(world, waiting)).toEqual([null, null]);
    await patch(world, `/inboxes/${pulling.id}`, { distribution: 'LEAST_LOADED' });
    expect(await holdersOf(world, waiting)).toEqual([operator.id, operator.id]);

    await patch(world, `/inboxes/${pulling.id}`, { distribution: 'PULL' });
    expect((await arrives(world, pulling)).assignedOperatorId).toBeNull();
  });

  it('may need more than one batch', async () => {
    const { world, inbox } = await scene({ backlogPerMinute: null });
    const waiting = [];
    for (let i = 0; i < 130; i++) waiting.push(await arrives(world, inbox));
    const operator = await world.operator({ inboxes: [inbox] });
    expect(new Set(await holdersOf(world, waiting))).toEqual(new Set([operator.id]));
  });

  it('is distributed by the sweep after an instance died', async () => {
    const { world, inbox } = await scene();
    const operator = await world.operator({ inboxes: [inbox], status: 'OFFLINE' });
    const waiting = [await arrives(world, inbox), await arrives(world, inbox)];
    await app.database.rows(`update operators set availability = 'AVAILABLE' where id = $1`, [operator.id]);
    expect(await holdersOf(world, waiting)).toEqual([null, null]);

    expect(await app.run(DistributionSweep)).toBe(2);

    expect(await holdersOf(world, waiting)).toEqual([operator.id, operator.id]);
    expect(await app.run(DistributionSweep)).toBe(0);
  });
});
