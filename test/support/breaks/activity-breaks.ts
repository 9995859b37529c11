import { assignPositions, foldAll } from '../story.js';
import type { Break, Shop } from './break.js';

/** Folds the ledger, then changes rows of the tenant. @returns the id of the changed row */
const afterFold =
  (statement: string, about: (shop: Shop) => { id: string }): Break['breakIt'] =>
  async (shop) => {
    // Resolve a held conversation, so that there is a time to resolve.
    const body = { conversationId: shop.allocated.id };
    await shop.app.call('post', '/allocation/resolve', shop.holder.headers).send(body).expect(200);
    await foldAll(shop.world);
    await shop.app.database.rows(statement, [shop.world.tenantId]);
    return about(shop).id;
  };

const inbox = (shop: Shop) => shop.inbox;
const holder = (shop: Shop) => shop.holder;

/** Faults between the statistics and the ledger. */
export const ACTIVITY_BREAKS: Record<string, Break> = {
  'a queue that is told to be longer than it is': {
    breakIt: afterFold('update queue_depths set depth = depth + 1 where tenant_id = $1', inbox),
    names: ['queue-depth-as-counted'],
  },
  'a queue that is not told of': {
    breakIt: afterFold('delete from queue_depths where tenant_id = $1', inbox),
    names: ['queue-depth-as-counted'],
  },
  'an entry counted twice': {
    breakIt: afterFold(
      `update activity_series set count = count + 1 where tenant_id = $1 and type = 'conversation.resolved'`,
      holder,
    ),
    names: ['activity-as-in-the-ledger'],
  },
  'a time to resolve counted wrong': {
    breakIt: afterFold(
      `update activity_series set microseconds = microseconds + 1
      where tenant_id = $1 and type = 'conversation.resolved'`,
      holder,
    ),
    names: ['activity-as-in-the-ledger'],
  },
  'a wrong total of a minute': {
    breakIt: afterFold('update activity_totals set count = count + 1 where tenant_id = $1', holder),
    names: ['activity-by-minute-as-in-the-ledger'],
  },
  'a minute that is not there': {
    breakIt: afterFold('delete from activity_totals where tenant_id = $1', holder),
    names: ['activity-by-minute-as-in-the-ledger'],
  },
  'a resolution that took another time': {
    breakIt: afterFold(
      'update resolution_times set microseconds = microseconds + 1 where tenant_id = $1',
      holder,
    ),
    names: ['resolution-times-as-in-the-ledger'],
  },
  'a resolution that is not there': {
    breakIt: afterFold('delete from resolution_times where tenant_id = $1', holder),
    names: ['resolution-times-as-in-the-ledger'],
  },
  'a wait that took another time': {
    breakIt: afterFold('update ended_waits set microseconds = microseconds + 1 where tenant_id = $1', inbox),
    names: ['waits-as-in-the-ledger'],
  },
  'a wait that is not there': {
    breakIt: afterFold('delete from ended_waits where tenant_id = $1', inbox),
    names: ['waits-as-in-the-ledger'],
  },
  'a first reply that nobody sent': {
    breakIt: async (shop) => {
      await shop.app.database.rows(
        `insert into first_replies (tenant_id, inbox_id, replied_at, conversation_id, microseconds)
        values ($1, $2, now(), $3, 1)`,
        [shop.world.tenantId, shop.inbox.id, shop.allocated.id],
      );
      return shop.allocated.id;
    },
    names: ['first-reply-of-a-conversation'],
  },
  'entries that were passed': {
    breakIt: async (shop) => {
      await assignPositions(shop.world);
      await shop.app.database.rows(
        `insert into folded_up_to (tenant_id, position)
        select tenant_id, max(position) from feed_positions where tenant_id = $1 group by tenant_id`,
        [shop.world.tenantId],
      );
      return shop.inbox.id;
    },
    names: [
      'activity-as-in-the-ledger',
      'activity-by-minute-as-in-the-ledger',
      'queue-depth-as-counted',
      'waits-as-in-the-ledger',
    ],
  },
};
