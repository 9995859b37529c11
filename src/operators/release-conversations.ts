import { ENTER_QUEUE } from '../queue/queue-columns.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import { TRANSITIONS } from '../ledger/state-machine.js';
import type { Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';
import { recordInFeed } from '../ledger/record-in-feed.js';

const LOCK_HELD = sql`
  select id from conversations
  where tenant_id = $1 and assigned_operator_id = $2 and state = 'ALLOCATED'
  order by external_conversation_id
  for no key update`;

/** $1 tenant, $2 the operator who leaves, $3 conversations, $4 ids of their ledger entries. The age stays as it is. */
const RELEASE = sql`
  with after as (
    update conversations c
    set state = '${TRANSITIONS.deactivate.to}', assigned_operator_id = null, version = c.version + 1,
      last_event_id = r.event_id, updated_at = now(),
      ${ENTER_QUEUE}
    from unnest($3::uuid[], $4::uuid[]) as r (id, event_id)
    where c.tenant_id = $1 and c.id = r.id and c.state = 'ALLOCATED'
    returning c.*
  ), grace as (
    delete from grace_periods g using after a where g.tenant_id = $1 and g.conversation_id = a.id
  ), entry as (
  insert into conversation_events (tenant_id, id, type, conversation_id, inbox_id, external_conversation_id, version,
    actor_type, reason, from_state, from_operator_id, from_inbox_id, to_state, to_inbox_id)
  select $1, a.last_event_id, '${TRANSITIONS.deactivate.event}', a.id, a.inbox_id, a.external_conversation_id, a.version,
    'SYSTEM', 'The operator was deactivated', 'ALLOCATED', $2, a.inbox_id, a.state, a.inbox_id
  from after a
  returning id, inbox_id
  ), ${recordInFeed('$1', 'entry')}
  select inbox_id from entry`;

/**
 * Puts everything a leaving operator holds back into the queue. The operator must be locked already.
 * @returns the inboxes in which it waits
 */
export async function releaseConversations(
  tx: Transaction,
  tenantId: string,
  operatorId: string,
): Promise<string[]> {
  await rowsOf(tx, SHARE_RANKING, [tenantId]);
  const held = await rowsOf<{ id: string }>(tx, LOCK_HELD, [tenantId, operatorId]);
  const ids = held.map(({ id }) => id);
  if (ids.length === 0) return [];
  const values = [tenantId, operatorId, ids, ids.map(() => newId())];
  return (await rowsOf<{ inbox_id: string }>(tx, RELEASE, values)).map(({ inbox_id }) => inbox_id);
}
