import { LOWEST_ID } from '../../../src/database/id.js';
import type { Scene } from './scene.js';

/** What is asked of the service, and how it may read conversations for that. */
export interface Pin {
  name: string;
  run: (scene: Scene) => Promise<unknown>;
  /** Every index that may be read, with as many rows as are looked at through it at most. */
  conversations: Readonly<Record<string, number>>;
  /** Of other large tables, as many rows as are looked at at most, where that is more than for everybody. */
  elsewhere?: Readonly<Record<string, number>>;
}

/** What one of the operators holds, about. */
export const HELD = 200;
/** Past the cap and not marked so, of the whole tenant: there are some from the beginning, and makeDue adds some. */
export const UNMARKED = 500;
/** Those of one inbox; who reads its queue passes over them. */
export const UNMARKED_IN_ONE = 60;
/** Of the OPERATOR. */
export const IN_SIGHT = 5;

const act = (verb: string, state: string, asOperator: boolean) => async (scene: Scene) => {
  const headers = asOperator ? scene.operator.headers : scene.world.admin;
  await scene.post(`/allocation/${verb}`, { conversationId: await scene.some(state) }, headers);
};

export const TRANSITIONS: Pin[] = [
  {
    name: 'allocate',
    run: (scene) => scene.post('/allocation/allocate', {}, scene.operator.headers),
    conversations: {
      // Of each inbox eight that wait and eight past the cap.
      conversations_queue: IN_SIGHT * (2 * 8 + UNMARKED_IN_ONE),
      conversations_queue_basis: UNMARKED,
      conversations_held: HELD,
      conversations_pk: 20,
    },
  },
  {
    name: 'allocate while a change of the weights rewrites the keys',
    run: async (scene) => {
      const { tenantId } = scene.world;
      await scene.sql(`update tenants set reranked_up_to = '${LOWEST_ID}' where id = $1`, tenantId);
      await scene.post('/allocation/allocate', {}, scene.operator.headers);
      await scene.get('/allocation/queue?limit=1', scene.operator.headers);
      await scene.sql('update tenants set reranked_up_to = null where id = $1', tenantId);
    },
    conversations: {
      // Of each of forty counts one more than is asked for, and the oldest of all, in front of which others have gone.
      conversations_queue_counts: IN_SIGHT * 40 * 2 * 3,
      conversations_queue_basis: 40,
      conversations_held: HELD,
      conversations_pk: 20,
    },
  },
  {
    name: 'claim',
    run: act('claim', 'QUEUED', true),
    conversations: { conversations_held: HELD, conversations_pk: 5 },
  },
  { name: 'resolve', run: act('resolve', 'ALLOCATED', false), conversations: { conversations_pk: 5 } },
  { name: 'deallocate', run: act('deallocate', 'ALLOCATED', false), conversations: { conversations_pk: 5 } },
  {
    name: 'move',
    run: async (scene) => {
      const conversationId = await scene.some('QUEUED');
      await scene.post('/allocation/move-inbox', { conversationId, inboxId: scene.inboxes[3]!.id });
    },
    conversations: { conversations_pk: 6 },
  },
  {
    name: 'distribute three to somebody who has room again',
    run: async (scene) => {
      const path = `/operators/${scene.receiver.id}`;
      const { maxLoad } = (await scene.get(path)) as { maxLoad: number };
      await scene.app
        .call('patch', path, scene.world.admin)
        .send({ maxLoad: maxLoad + 3 })
        .expect(200);
    },
    conversations: {
      conversations_queue: 20 + 3 * UNMARKED_IN_ONE,
      conversations_queue_basis: 4 * UNMARKED,
      // The load of whoever is eligible is counted for each.
      conversations_held: 5 * HELD,
      conversations_pk: 20,
    },
  },
  {
    name: 'an operator goes and comes back',
    run: async (scene) => {
      for (const status of ['OFFLINE', 'AVAILABLE']) {
        const path = `/operators/${scene.receiver.id}/status`;
        await scene.app.call('put', path, scene.world.admin).send({ status }).expect(200);
      }
    },
    conversations: {
      conversations_queue: 20 + 3 * UNMARKED_IN_ONE,
      conversations_queue_basis: 2 * UNMARKED,
      conversations_held: 5 * HELD,
      conversations_pk: 50,
    },
  },
];

/** What is not folded yet, and how some of it began; for the depths of the queues once more. */
export const UNFOLDED = { feed_positions: 7_000, conversation_events: 10_000 };

const statistics = (path: string, conversations: Pin['conversations']): Pin => ({
  name: `GET ${path}`,
  run: (scene) => scene.get(path),
  conversations,
  elsewhere: path.startsWith('/stats') ? UNFOLDED : {},
});

export const READINGS: Pin[] = [
  statistics('/stats/queue', { conversations_waiting: 20 }),
  // What everybody holds, who are forty.
  statistics('/stats/operators', { conversations_held: 40 * HELD }),
  statistics('/stats/distribution', {}),
  {
    name: 'the statistics of an operator',
    run: (scene) => scene.get(`/operators/${scene.operator.id}/stats`),
    conversations: { conversations_held: HELD },
    elsewhere: UNFOLDED,
  },
  statistics('/events?limit=50', {}),
  {
    name: 'the feed of an OPERATOR',
    run: (scene) => scene.get('/events?limit=50', scene.operator.headers),
    conversations: {},
  },
  statistics('/grace-periods', {}),
  {
    name: 'why a conversation stands where it does',
    run: async (scene) => scene.get(`/conversations/${await scene.some('QUEUED')}/explain`),
    // Its place is counted over the queue of its inbox.
    conversations: { conversations_queue: 1_500, conversations_held: 2 * HELD, conversations_pk: 5 },
  },
  {
    name: 'the metrics of all tenants',
    run: async (scene) => {
      const answer = await fetch(`${scene.app.url}/metrics`);
      if (answer.status !== 200) throw new Error(`/metrics answered ${answer.status}`);
    },
    conversations: { conversations_waiting: 50 },
    // All are counted.
    elsewhere: { grace_periods: 10_000 },
  },
  {
    name: 'a queue by CANDIDATE_WINDOW',
    run: async (scene) => {
      const normalize = (how: string) =>
        scene.sql('update tenants set normalization = $2 where id = $1', scene.world.tenantId, how);
      await normalize('CANDIDATE_WINDOW');
      await scene.get('/allocation/queue', scene.operator.headers);
      await normalize('FIXED');
    },
    // The window is the hundred most recent ones of each inbox, which are scored once.
    conversations: { conversations_inbox_activity: IN_SIGHT * 100, conversations_pk: 21 },
  },
  {
    name: 'a page of waiting conversations by CANDIDATE_WINDOW',
    run: async (scene) => {
      const normalize = (how: string) =>
        scene.sql('update tenants set normalization = $2 where id = $1', scene.world.tenantId, how);
      await normalize('CANDIDATE_WINDOW');
      await scene.get(`/conversations?state=QUEUED&limit=100&inboxId=${scene.inboxes[0]!.id}`);
      await normalize('FIXED');
    },
    // The page, and once the window of its inbox.
    conversations: { conversations_inbox_activity: 101 + 100, conversations_pk: 300 },
  },
];
