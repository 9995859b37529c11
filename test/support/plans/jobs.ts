import { randomUUID } from 'node:crypto';
import { SaturationSweep } from '../../../src/queue/saturation-sweep.js';
import { DistributionSweep } from '../../../src/distribution/distribution-sweep.js';
import { DeadlineExpiry } from '../../../src/deadlines/deadline-expiry.js';
import { ForgetExpired } from '../../../src/idempotency/forget-expired.js';
import { ActivityFold } from '../../../src/stats/activity-fold.js';
import { QueueReranker } from '../../../src/queue/reranker.js';
import { SearchIndex } from '../../../src/search/search-index.js';
import { Deliverer } from '../../../src/webhooks/deliverer.js';
import { signatureOf } from '../signed.js';
import { HELD, UNFOLDED, UNMARKED, UNMARKED_IN_ONE, type Pin } from './pins.js';
import type { Scene } from './scene.js';

/** A message from an orchestrator that signs. */
async function report(
  scene: Scene,
  externalConversationId: string,
  lead: object = { externalId: externalConversationId, name: 'Carla' },
): Promise<void> {
  const id = `req_${randomUUID()}`;
  const body = JSON.stringify({
    externalConversationId,
    inboxId: scene.inboxes[1]!.id,
    customerPhoneNumber: '+4915112345678',
    messageId: id,
    lead,
  });
  const { key, signingSecret } = scene.apiKey;
  await scene.app
    .call('post', '/orchestrator/messages', {
      Authorization: `Bearer ${key}`,
      'Content-Type': 'application/json',
      ...signatureOf(signingSecret!, {
        method: 'POST',
        path: '/api/v1/orchestrator/messages',
        body,
        id,
      }),
    })
    .send(body)
    .expect(({ status, text }) => {
      if (status >= 300) throw new Error(`the message got ${status}: ${text}`);
    });
}

/** Messages and background jobs. */
export const JOBS: Pin[] = [
  {
    name: 'fold',
    run: ({ app }) => app.run(ActivityFold),
    conversations: {},
    // An old entry changes the totals of all later minutes. Here each series has a thousand.
    elsewhere: { activity_totals: 25_000, ...UNFOLDED },
  },
  {
    name: 'positions in the feed for thousands of entries',
    run: async (scene) => {
      await scene.leaveWithoutPositions(30, 100);
      await scene.get('/events?after=latest');
      await scene.webhooksReadOn();
    },
    conversations: {},
  },
  {
    name: 'deliveries',
    run: ({ app }) => app.nest.get(Deliverer).runOnce(),
    conversations: {},
    // Before PostgreSQL 17, without statistics: reads all deliveries of the webhook once, to delete a thousand.
    elsewhere: { webhook_deliveries: 22_000 },
  },
  {
    name: 'clean-up',
    run: ({ app }) => app.run(ForgetExpired),
    conversations: {},
    // Finds them by age and deletes them by key.
    elsewhere: { processed_messages: 10_000 },
  },
  {
    name: 'distribution sweep',
    run: ({ app }) => app.run(DistributionSweep),
    conversations: {
      conversations_queue: 20 + UNMARKED_IN_ONE,
      conversations_queue_basis: 2 * UNMARKED,
      conversations_held: 5 * HELD,
      conversations_pk: 20,
    },
  },
  {
    name: 'a new conversation in the index of the search',
    run: async (scene) => {
      await report(scene, `thread-${randomUUID()}`);
      await scene.app.run(SearchIndex);
    },
    conversations: { conversations_thread: 5, conversations_pk: 20 },
  },
  {
    name: 'a label for a whole inbox',
    run: async (scene) => {
      const body = { name: `All ${randomUUID()}`, attachToExisting: true };
      const label = (await scene.post(`/inboxes/${scene.inboxes[7]!.id}/labels`, body)) as { id: string };
      await scene.app.call('delete', `/labels/${label.id}`, scene.world.admin).expect(204);
    },
    // The request looks at three batches of a thousand, and locks those of the inbox; a foreign key reads them, too.
    conversations: { conversations_pk: 3 * 2 * 1_000 + 1_000 },
  },
];

/** Work in batches. */
export const BATCHES: Pin[] = [
  {
    name: 'a message of a new thread',
    run: (scene) => report(scene, `thread-${randomUUID()}`),
    conversations: { conversations_thread: 5, conversations_pk: 10 },
  },
  {
    name: 'a message of a known thread',
    run: (scene) => report(scene, 'thread-known'),
    conversations: { conversations_thread: 5, conversations_pk: 10 },
  },
  {
    name: 'a message of a lead that is known by a number',
    run: (scene) => report(scene, `thread-${randomUUID()}`, { phone: '+491600000006', name: 'Carla' }),
    conversations: { conversations_thread: 5, conversations_pk: 10 },
  },
  {
    name: 'a message of a lead that is known by nothing',
    run: (scene) => report(scene, 'thread-known', { name: 'Carla' }),
    conversations: { conversations_thread: 6, conversations_pk: 10 },
  },
  {
    name: 'expiry of a hundred grace periods',
    run: ({ app }) => app.run(DeadlineExpiry),
    // Conversations of the push inbox are distributed again.
    conversations: {
      // Two for each, and on PostgreSQL 15 twenty pages by a plan that was made without statistics.
      conversations_pk: 400,
      conversations_queue: 100,
      conversations_queue_basis: 4 * UNMARKED,
      conversations_held: 10 * HELD,
    },
  },
  {
    name: 'sweep over a hundred that passed the cap',
    run: ({ app }) => app.run(SaturationSweep),
    conversations: { conversations_queue_basis: 3 * UNMARKED, conversations_pk: 2 * UNMARKED },
  },
  {
    name: 'the last hundred keys after a change of the weights',
    run: async (scene) => {
      const { tenantId } = scene.world;
      await scene.sql(
        `update tenants set reranked_up_to = (
          select id from conversations where tenant_id = $1 and state = 'QUEUED' order by id desc offset 10 limit 1)
        where id = $1`,
        tenantId,
      );
      await scene.app.run(QueueReranker);
    },
    conversations: { conversations_pk: 500 },
  },
];
