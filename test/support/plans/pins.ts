import { LOWEST_ID } from '../../../src/database/id.js';
import { minutesBefore } from '../world.js';
import type { Scene } from './scene.js';

/** A request, and the scans of conversations that it may use. */
export interface Pin {
  name: string;
  run: (scene: Scene) => Promise<unknown>;
  /** The allowed indexes, with the largest number of rows to read through each. */
  conversations: Readonly<Record<string, number>>;
  /** The largest number of rows to read from other large tables, if above the default. */
  elsewhere?: Readonly<Record<string, number>>;
}

/** About the load of an operator. */
export const HELD = 200;
/** The tenant's unmarked conversations past the cap: some from the start, and those of makeDue. */
export const UNMARKED = 500;
/** Those of one inbox. A read of its queue passes them. */
export const UNMARKED_IN_ONE = 60;
/** Waiting conversations with a boost in the OPERATOR's inboxes. */
export const BOOSTED = 60;
/** The number of the OPERATOR's inboxes. */
export const VISIBLE_INBOXES = 5;

const act = (verb: string, state: string, asOperator: boolean) => async (scene: Scene) => {
  const headers = asOperator ? scene.operator.headers : scene.world.admin;
  await scene.post(`/allocation/${verb}`, { conversationId: await scene.some(state) }, headers);
};

export const TRANSITIONS: Pin[] = [
  {
    name: 'allocate',
    run: (scene) => scene.post('/allocation/allocate', {}, scene.operator.headers),
    conversations: {
      // Eight unsaturated and eight saturated conversations of each inbox.
      conversations_queue: VISIBLE_INBOXES * (2 * 8 + UNMARKED_IN_ONE),
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
      // For each of forty counts one row more than needed, and dead rows before the oldest one.
      conversations_queue_counts: VISIBLE_INBOXES * 40 * 2 * 3,
      // All of these inboxes that have a boost of their own.
      conversations_queue_boosted: 2 * BOOSTED,
      // Dead rows before the oldest one, all of them while an older transaction keeps a scan from marking them.
      conversations_queue_basis: 100,
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
    name: 'boost',
    run: async (scene) => {
      const path = `/conversations/${await scene.some('QUEUED')}/boost`;
      for (const minutes of [60, 0])
        await scene.app.call('put', path, scene.world.admin).send({ minutes }).expect(200);
    },
    conversations: { conversations_pk: 12 },
  },
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
      // Counts the load of each eligible operator.
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

/** Unfolded entries and the start of some of them. Queue depths read them again. */
export const UNFOLDED = { feed_positions: 10_000, conversation_events: 14_000 };

const statistics = (path: string, conversations: Pin['conversations']): Pin => ({
  name: `GET ${path}`,
  run: (scene) => scene.get(path),
  conversations,
  elsewhere: path.startsWith('/stats') ? UNFOLDED : {},
});

export const READINGS: Pin[] = [
  // All that is held, by whom.
  statistics('/stats/queue', { conversations_waiting: 40, conversations_held: 40 * HELD }),
  // The conversations of all forty operators.
  statistics('/stats/operators', { conversations_held: 40 * HELD }),
  statistics('/stats/distribution', {}),
  ...[1, 24].map((hours): Pin => ({
    name: `the waits of ${hours} hours`,
    run: (scene) => scene.get(`/stats/waits?from=${minutesBefore(hours * 60)}`),
    conversations: {},
    // Three a minute, and those of what was folded meanwhile.
    elsewhere: { ...UNFOLDED, ended_waits: hours * 200 + 2_000, first_replies: hours * 200 + 500 },
  })),
  {
    name: 'the waits of an inbox',
    run: (scene) => scene.get(`/stats/waits?inboxId=${scene.inboxes[0]!.id}&from=${minutesBefore(6_000)}`),
    conversations: {},
    elsewhere: { ...UNFOLDED, ended_waits: 1_500, first_replies: 1_000 },
  },
  {
    name: 'the board',
    run: (scene) => scene.get('/board'),
    conversations: {
      // The longest wait of each inbox, and the names of those customers and of those who need attention.
      conversations_waiting: 40,
      conversations_pk: 40 + 2 * 50,
      // All that is held, once.
      conversations_held: 40 * HELD,
    },
    // It looks at what is not folded four times.
    elsewhere: { feed_positions: 16_000, conversation_events: 16_000, ended_waits: 2_200 },
  },
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
    name: 'a ticket for a stream',
    run: (scene) => scene.post('/events/tickets', {}),
    conversations: {},
  },
  statistics('/deadlines', {}),
  ...['', '&actor=crm', `&subject=${LOWEST_ID}`, '&action=inbox.updated'].map((filter) =>
    statistics(`/audit-events?limit=50${filter}`, {}),
  ),
  {
    name: 'why a conversation stands where it does',
    run: async (scene) => scene.get(`/conversations/${await scene.some('QUEUED')}/explain`),
    // Those ahead in the queue of the inbox are counted, and what each operator holds.
    conversations: {
      conversations_queue: 1_500,
      conversations_queue_basis: UNMARKED,
      conversations_held: 40 * HELD,
      conversations_pk: 5,
    },
  },
  {
    name: 'the metrics of all tenants',
    run: async (scene) => {
      const response = await fetch(`${scene.app.url}/metrics`);
      if (response.status !== 200) throw new Error(`/metrics returned ${response.status}`);
    },
    conversations: { conversations_waiting: 100 },
    // Counts all rows.
    elsewhere: { deadlines: 40_000 },
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
    // The window has the hundred most recent conversations of each inbox, which are scored once.
    conversations: { conversations_inbox_activity: VISIBLE_INBOXES * 100, conversations_pk: 21 },
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
