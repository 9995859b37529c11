import { OutlookFold } from '../../../src/outlook/outlook-fold.js';
import { HELD, UNFOLDED, UNMARKED, type Pin } from './pins.js';
import type { Scene } from './scene.js';

const outlook = async (scene: Scene): Promise<unknown> =>
  scene.get(`/conversations/${await scene.some('QUEUED')}/outlook`);

/** Places and expected waits. Reading the queue ends after its first thousand, whatever its length. */
export const OUTLOOKS: Pin[] = [
  {
    name: 'the outlook of a conversation',
    run: outlook,
    conversations: { conversations_queue: 3_000, conversations_queue_basis: UNMARKED, conversations_pk: 10 },
    elsewhere: UNFOLDED,
  },
  {
    name: 'fold of takes, with the outcome of an outlook',
    run: async (scene) => {
      await outlook(scene);
      const { tenantId } = scene.world;
      const conversationId = await scene.some('QUEUED');
      await scene.sql(
        `insert into outlooks (tenant_id, id, conversation_id, inbox_id, version, asked_at, place, expected_seconds,
          low_seconds, high_seconds)
        select c.tenant_id, gen_random_uuid(), c.id, c.inbox_id, c.version, now() - interval '1 minute', 1, 60, 30, 90
        from conversations c where c.tenant_id = $1 and c.id = $2`,
        tenantId,
        conversationId,
      );
      // Enough of them to look for the newest.
      await scene.sql(
        `insert into outlooks (tenant_id, id, conversation_id, inbox_id, version, asked_at, place, expected_seconds,
          low_seconds, high_seconds, ended_at, actual_seconds)
        select c.tenant_id, gen_random_uuid(), c.id, c.inbox_id, 0, now(), 1, 60, 30, 90, now() - n * interval '1 second', 50
        from conversations c cross join generate_series(1, 10000) n where c.tenant_id = $1 and c.id = $2`,
        tenantId,
        conversationId,
      );
      const to = { operatorId: scene.operator.id, overrideCapacity: true };
      await scene.post('/allocation/reassign', { conversationId, ...to });
      await scene.app.run(OutlookFold);
    },
    conversations: {
      conversations_queue: 3_000,
      conversations_queue_basis: UNMARKED,
      conversations_pk: 20,
      conversations_waiting: 50,
      conversations_held: HELD,
    },
    elsewhere: UNFOLDED,
  },
];
