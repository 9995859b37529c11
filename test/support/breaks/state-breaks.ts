import type { ConversationResponse } from '../../../src/conversations/conversation.js';
import { change, run, type Break, type Shop } from './break.js';

const UNCHANGED_SINCE_LONG = `update operators set updated_at = now() - interval '1 hour' where id = $1`;

const resolve = ({ app, world }: Shop, { id }: ConversationResponse) =>
  app.call('post', '/allocation/resolve', world.admin).send({ conversationId: id }).expect(200);

/** Faults of conversations, their holders and their queue keys. */
export const STATE_BREAKS: Record<string, Break> = {
  'an operator without ALLOCATED': {
    breakIt: change('allocated', `state = 'RESOLVED', resolved_at = now(), awaiting_reply_since = null`),
    names: ['operator-exactly-when-allocated', 'ledger-replays-to-the-present'],
  },
  'ALLOCATED without an operator': {
    breakIt: change('allocated', 'assigned_operator_id = null'),
    names: ['operator-exactly-when-allocated', 'ledger-replays-to-the-present'],
  },
  'resolved_at without RESOLVED': {
    breakIt: change('queued', 'resolved_at = now()'),
    names: ['resolved-at-exactly-when-resolved'],
  },
  'RESOLVED without resolved_at': {
    breakIt: change('resolved', 'resolved_at = null'),
    names: ['resolved-at-exactly-when-resolved'],
  },
  'another outcome than its resolution': {
    breakIt: change('resolved', `outcome = 'SPAM'`),
    names: ['outcome-as-recorded'],
  },
  'QUEUED without a place in line': {
    breakIt: change('queued', 'queue_key = null'),
    names: ['in-line-exactly-when-queued'],
  },
  'RESOLVED with a place in line': {
    breakIt: change('resolved', 'saturated = true'),
    names: ['in-line-exactly-when-queued'],
  },
  'a mark of overdue without a report': {
    breakIt: change('queued', 'is_overdue = true'),
    names: ['overdue-as-recorded'],
  },
  'an unattended inbox that nobody heard of': {
    breakIt: (shop) =>
      run(
        shop,
        shop.inbox.id,
        `insert into unattended_inboxes (tenant_id, inbox_id, since, reported_at)
        select tenant_id, id, now(), now() from inboxes where id = $1`,
      ),
    names: ['unattended-as-recorded'],
  },
  'an outlook that ended, of what still waits': {
    breakIt: (shop) =>
      run(
        shop,
        shop.queued.id,
        `insert into outlooks (tenant_id, id, conversation_id, inbox_id, version, asked_at, place, expected_seconds, ended_at,
          actual_seconds)
        select tenant_id, gen_random_uuid(), id, inbox_id, version, now(), 1, 60, now(), 30 from conversations where id = $1`,
      ),
    names: ['outlooks-end-as-in-the-ledger'],
  },
  'a grace period of somebody who is not the holder': {
    breakIt: (shop) =>
      run(
        shop,
        shop.kept.id,
        'update deadlines set operator_id = $2 where conversation_id = $1',
        shop.holder.id,
      ),
    names: ['deadline-of-the-holder', 'grace-period-only-while-offline'],
  },
  'a grace period of what waits': {
    breakIt: (shop) =>
      run(
        shop,
        shop.queued.id,
        `insert into deadlines (tenant_id, conversation_id, kind, operator_id, expires_at)
        select tenant_id, id, 'GRACE', $2, now() from conversations where id = $1`,
        shop.absent.id,
      ),
    names: ['deadline-of-the-holder'],
  },
  'a decline that nobody looks for': {
    breakIt: (shop) =>
      run(
        shop,
        shop.queued.id,
        `insert into declines (tenant_id, conversation_id, operator_id, declined_until)
        select tenant_id, id, $2, now() + interval '1 hour' from conversations where id = $1`,
        shop.holder.id,
      ),
    names: ['declines-before-declined-until'],
  },
  'an absent holder without a grace period': {
    breakIt: (shop) => run(shop, shop.kept.id, 'delete from deadlines where conversation_id = $1'),
    names: ['absent-holder-has-grace-period'],
  },
  'a grace period of somebody who is there': {
    breakIt: (shop) =>
      run(
        shop,
        shop.allocated.id,
        `insert into deadlines (tenant_id, conversation_id, kind, operator_id, expires_at)
        select tenant_id, id, 'GRACE', assigned_operator_id, now() from conversations where id = $1`,
      ),
    names: ['grace-period-only-while-offline'],
  },
  'a time to park of what is not parked': {
    breakIt: (shop) =>
      run(
        shop,
        shop.allocated.id,
        `insert into deadlines (tenant_id, conversation_id, kind, operator_id, expires_at)
        select tenant_id, id, 'PARK', assigned_operator_id, now() from conversations where id = $1`,
      ),
    names: ['park-deadline-of-parked'],
  },
  'parked without a holder': {
    breakIt: change('queued', 'is_parked = true'),
    names: ['parked-only-when-allocated'],
  },
  'a time to reply to nobody': {
    breakIt: async (shop) => {
      await run(
        shop,
        shop.allocated.id,
        `insert into deadlines (tenant_id, conversation_id, kind, operator_id, expires_at)
        select tenant_id, id, 'REPLY', assigned_operator_id, now() from conversations where id = $1`,
      );
      return change('allocated', 'awaiting_reply_since = null')(shop, shop);
    },
    names: ['reply-deadline-of-those-who-await-one'],
  },
  'awaiting a reply when RESOLVED': {
    breakIt: change('resolved', 'awaiting_reply_since = now()'),
    names: ['nobody-awaits-a-reply-when-resolved'],
  },
  'more than maxLoad by an allocation': {
    breakIt: async (shop) => {
      await shop.world.allocated(shop.inbox, shop.holder);
      await run(shop, shop.holder.id, UNCHANGED_SINCE_LONG);
      return run(shop, shop.holder.id, 'update operators set max_load = 1 where id = $1');
    },
    names: ['capacity'],
  },
  'somebody deactivated who holds something': {
    breakIt: async (shop) => {
      const since = `updated_at = now() - interval '2 minutes'`;
      await run(shop, shop.absent.id, `update operators set is_active = false, ${since} where id = $1`);
      return shop.kept.id;
    },
    names: ['inactive-operators-hold-nothing'],
  },
  'somebody deactivated who is AVAILABLE': {
    breakIt: async (shop) => {
      await resolve(shop, shop.allocated);
      return run(shop, shop.holder.id, 'update operators set is_active = false where id = $1');
    },
    names: ['inactive-operators-are-offline'],
  },
  'somebody AVAILABLE without a sign of life': {
    breakIt: async (shop) => {
      const { id } = await shop.world.operator();
      await shop.world.change({ presenceTimeoutSeconds: 30 });
      return run(
        shop,
        id,
        `update operator_presence set present_until = now() - interval '2 minutes' where operator_id = $1`,
      );
    },
    names: ['nobody-absent-is-available'],
  },
  'somebody who leaves when they hold nothing, and does not': {
    breakIt: async (shop) => {
      const { id } = await shop.world.operator({ status: 'PAUSED' });
      return run(shop, id, `update operators set next_status = 'OFFLINE' where id = $1`);
    },
    names: ['leavers-hold-something'],
  },
  'a status the ledger does not know': {
    breakIt: async (shop) => {
      await resolve(shop, shop.kept);
      return run(shop, shop.absent.id, `update operators set availability = 'AVAILABLE' where id = $1`);
    },
    names: ['availability-as-recorded'],
  },
  'a wrong key': { breakIt: change('queued', 'queue_key = queue_key + 1'), names: ['place-in-line'] },
  'a wrong basis': {
    breakIt: change('queued', `basis_at = basis_at + interval '1 microsecond'`),
    names: ['place-in-line'],
  },
  'a mark before the cap': {
    breakIt: change('queued', 'saturated = true, queue_key = queue_key + epoch_microseconds(basis_at)'),
    names: ['place-in-line'],
  },
  'a count that did not reach the key': {
    breakIt: change(
      'queued',
      'message_count = message_count + 1, waiting_message_count = waiting_message_count + 1',
    ),
    names: ['place-in-line'],
  },
  'a boost that did not reach the key': {
    breakIt: change('queued', 'boost_minutes = boost_minutes + 1'),
    names: ['place-in-line'],
  },
  'a boost of an inbox that the queue does not count': {
    breakIt: (shop) => run(shop, shop.inbox.id, 'update inboxes set boost_minutes = 5 where id = $1'),
    names: ['inbox-boosts-in-the-settings'],
  },
  'a redirect to an archived inbox': {
    breakIt: async (shop) => {
      await run(shop, shop.other.id, 'update inboxes set is_active = false where id = $1');
      return run(
        shop,
        shop.inbox.id,
        'update inboxes set redirect_to_inbox_id = $2 where id = $1',
        shop.other.id,
      );
    },
    names: ['redirects-to-active-inboxes'],
  },
  'an archived default inbox': {
    breakIt: async (shop) => {
      await run(shop, shop.other.id, 'update inboxes set is_active = false where id = $1');
      return run(
        shop,
        shop.other.id,
        'update tenants set default_inbox_id = $1 where id = $2',
        shop.world.tenantId,
      );
    },
    names: ['default-inbox-is-active'],
  },
  'no messages': { breakIt: change('allocated', 'message_count = 0'), names: ['message-count-above-zero'] },
  'more messages of a waiting customer than of all': {
    breakIt: change('allocated', 'waiting_message_count = message_count + 1'),
    names: ['waiting-messages-among-all'],
  },
  'waiting since after the last message': {
    breakIt: change('allocated', `waiting_since = last_message_at + interval '1 second'`),
    names: ['waiting-since-a-message'],
  },
  'a conversation that the search does not know': {
    breakIt: (shop) =>
      run(shop, shop.queued.id, 'delete from search_backlog where $1 = any (conversation_ids)'),
    names: ['search-knows-every-conversation'],
  },
};
