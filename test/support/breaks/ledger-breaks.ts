import { randomUUID } from 'node:crypto';
import { entries } from '../ledger-entries.js';
import { change, point, run, type Break } from './break.js';

/** Changes the second and last ledger entry of `allocated`. */
const rewrite =
  (assignments: string): Break['breakIt'] =>
  (shop) =>
    run(
      shop,
      shop.allocated.id,
      `update conversation_events set ${assignments} where conversation_id = $1 and version = 2`,
    );

/** Faults between conversations and their ledger. */
export const LEDGER_BREAKS: Record<string, Break> = {
  'a missing ledger entry at the end': {
    breakIt: (shop) =>
      run(
        shop,
        shop.allocated.id,
        'delete from conversation_events where conversation_id = $1 and version = 2',
      ),
    names: [
      'feed-holds-every-entry-once',
      'ledger-counts-every-transition',
      'ledger-replays-to-the-present',
      'queue-depth-as-counted',
    ],
  },
  'a missing ledger entry at the beginning': {
    breakIt: (shop) =>
      run(
        shop,
        shop.allocated.id,
        'delete from conversation_events where conversation_id = $1 and version = 1',
      ),
    names: [
      'feed-holds-every-entry-once',
      'ledger-counts-every-transition',
      'ledger-without-gaps',
      'queue-depth-as-counted',
    ],
  },
  'an empty ledger': {
    breakIt: (shop) =>
      run(shop, shop.queued.id, 'delete from conversation_events where conversation_id = $1'),
    names: [
      'feed-holds-every-entry-once',
      'ledger-counts-every-transition',
      'ledger-replays-to-the-present',
      'queue-depth-as-counted',
    ],
  },
  'a repeated version': {
    breakIt: (shop) =>
      run(
        shop,
        shop.allocated.id,
        `with ${entries(
          `insert into conversation_events (tenant_id, id, type, conversation_id, inbox_id, external_conversation_id,
            version, actor_type, reason, from_state, from_inbox_id, to_state, to_operator_id, to_inbox_id)
          select $2, gen_random_uuid(), type, conversation_id, inbox_id, external_conversation_id, version,
            actor_type, reason, from_state, from_inbox_id, to_state, to_operator_id, to_inbox_id
          from conversation_events where conversation_id = $1 and version = 2`,
          '$2',
        )}
        select 1`,
        shop.world.tenantId,
      ),
    names: [
      'ledger-counts-every-transition',
      'ledger-replays-to-the-present',
      'ledger-without-gaps',
      'queue-depth-as-counted',
    ],
  },
  'a second beginning': {
    breakIt: rewrite(`type = 'conversation.created'`),
    names: ['ledger-begins-with-created', 'ledger-follows-the-state-machine'],
  },
  'an entry that begins where none ended': {
    breakIt: rewrite(`from_operator_id = to_operator_id`),
    names: ['ledger-without-gaps', 'ledger-operator-exactly-when-allocated'],
  },
  'a transition that nobody may make': {
    breakIt: rewrite(`type = 'conversation.reopened'`),
    names: ['ledger-follows-the-state-machine'],
  },
  'a holder the ledger does not know': {
    breakIt: (shop) =>
      point(shop, shop.allocated, 'assigned_operator_id', shop.world.admin['X-Operator-Id']!),
    names: ['ledger-replays-to-the-present', 'absent-holder-has-grace-period'],
  },
  'an inbox the ledger does not know': {
    breakIt: (shop) => point(shop, shop.queued, 'inbox_id', shop.other.id),
    names: ['ledger-replays-to-the-present', 'queue-depth-as-counted'],
  },
  'a version the ledger does not know': {
    breakIt: change('queued', 'version = version + 1'),
    names: ['ledger-counts-every-transition', 'ledger-replays-to-the-present'],
  },
  'a last event that is not the last': {
    breakIt: change('queued', 'last_event_id = gen_random_uuid()'),
    names: ['ledger-replays-to-the-present'],
  },
  'an allocation to nobody, long ago': {
    breakIt: async (shop) => {
      const { id } = shop.allocated;
      const conversationId = { conversationId: id };
      await shop.app.call('post', '/allocation/resolve', shop.world.admin).send(conversationId).expect(200);
      return run(
        shop,
        id,
        `update conversation_events set to_operator_id = case version when 2 then null else to_operator_id end,
          from_operator_id = case version when 3 then null else from_operator_id end where conversation_id = $1`,
      );
    },
    names: ['ledger-operator-exactly-when-allocated'],
  },
  'an entry with the name of another conversation': {
    breakIt: rewrite(`external_conversation_id = 'another'`),
    names: ['ledger-names-its-conversation'],
  },
  'an entry by somebody of another tenant': {
    breakIt: async (shop, neighbour) => {
      await run(
        shop,
        shop.allocated.id,
        'update conversation_events set actor_id = $2 where conversation_id = $1 and version = 2',
        neighbour.holder.id,
      );
      return neighbour.holder.id;
    },
    names: ['ledger-operators-in-tenant'],
  },
  'an entry about an inbox of another tenant': {
    breakIt: async (shop, neighbour) => {
      await run(
        shop,
        shop.allocated.id,
        `update conversation_events set from_inbox_id = case when version > 1 then $2::uuid end, to_inbox_id = $2,
          inbox_id = $2 where conversation_id = $1`,
        neighbour.inbox.id,
      );
      return neighbour.inbox.id;
    },
    names: ['ledger-inboxes-in-tenant', 'ledger-replays-to-the-present'],
  },
  'a status that nobody set': {
    breakIt: (shop) =>
      run(
        shop,
        shop.holder.id,
        `delete from conversation_events where to_operator_id = $1 and conversation_id is null`,
      ),
    names: ['availability-as-recorded', 'feed-holds-every-entry-once'],
  },
  'a wait that was reported twice': {
    breakIt: (shop) =>
      run(
        shop,
        shop.queued.id,
        `with ${entries(
          `insert into conversation_events (tenant_id, id, type, conversation_id, inbox_id, external_conversation_id,
            version, actor_type, reason, from_state, from_inbox_id, to_state, to_inbox_id)
          select c.tenant_id, case n when 3 then $3::uuid else gen_random_uuid() end, 'conversation.overdue', c.id, c.inbox_id,
            c.external_conversation_id, n, 'SYSTEM', '', 'QUEUED', c.inbox_id, 'QUEUED', c.inbox_id
          from conversations c cross join generate_series(2, 3) n
          where c.id = $1`,
          '$2',
        )}
        update conversations set version = 3, is_overdue = true, last_event_id = $3 where id = $1`,
        shop.world.tenantId,
        randomUUID(),
      ),
    names: ['overdue-once-a-wait'],
  },
  'an inbox that was attended twice in a row': {
    breakIt: (shop) =>
      run(
        shop,
        shop.inbox.id,
        `with ${entries(
          `insert into conversation_events (tenant_id, id, type, inbox_id, actor_type, reason)
          values ($2, gen_random_uuid(), 'inbox.attended', $1, 'SYSTEM', '')`,
          '$2',
        )}
        select 1`,
        shop.world.tenantId,
      ),
    names: ['unattended-in-turn'],
  },
  'a ledger of nothing': {
    breakIt: (shop) =>
      run(
        shop,
        randomUUID(),
        `with ${entries(
          `insert into conversation_events (tenant_id, id, type, conversation_id, inbox_id, version, actor_type, reason,
            to_state, to_inbox_id)
          values ($2, gen_random_uuid(), 'conversation.created', $1, $3, 1, 'SYSTEM', '', 'QUEUED', $3)`,
          '$2',
        )}
        select 1`,
        shop.world.tenantId,
        shop.inbox.id,
      ),
    names: ['ledger-tells-of-known-conversations', 'queue-depth-as-counted'],
  },
};
