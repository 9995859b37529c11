import { sql } from '../database/statement.js';

/** $1 to $6 as in DEALLOCATE, $7 the new inbox */
export const MOVE_INBOX = sql`
  select t.refusal, t.met_state, t.met_operator_id, t.met_version
  from move_conversation($1, $2, $3, $4, $5, $6, $7) t`;

export const INBOX_EXISTS = sql`select id from inboxes where tenant_id = $1 and id = $2`;

/** Prevents labels of the new inbox from being deleted during the exchange of the labels of conversation $2. */
export const LOCK_SUCCESSORS = sql`
  select n.id
  from conversation_labels a
  join labels l on l.tenant_id = $1 and l.id = a.label_id
  join labels n on n.tenant_id = $1 and n.inbox_id = $3 and n.name_key = l.name_key and n.deleted_at is null
  where a.tenant_id = $1 and a.conversation_id = $2
  order by n.id
  for key share of n`;

/**
 * Exchanges the labels of conversation $2 for labels of the same name in inbox $3, and detaches the others. Returns
 * each previous label with its replacement or null.
 */
export const EXCHANGE_LABELS = sql`
  with old as (
    delete from conversation_labels a using labels l
    where a.tenant_id = $1 and a.conversation_id = $2 and l.tenant_id = $1 and l.id = a.label_id and l.inbox_id <> $3
    returning l.id, l.name, l.name_key, l.color, l.deleted_at
  ), new as (
    insert into conversation_labels (tenant_id, conversation_id, label_id)
    select $1, $2, n.id
    from old o
    join labels n on n.tenant_id = $1 and n.inbox_id = $3 and n.name_key = o.name_key and n.deleted_at is null
    where o.deleted_at is null
    returning label_id
  )
  select o.id, o.name, o.color, n.id as new_id, n.color as new_color
  from old o
  left join labels n on n.tenant_id = $1 and n.inbox_id = $3 and n.name_key = o.name_key and n.deleted_at is null
  where o.deleted_at is null
  order by o.name, o.id`;
