import { sql } from '../database/statement.js';

/** $1 tenant, $2 the operators with since when they have their status */
export const SET_STATUSES = sql`
  with changed as (
    update operators o
    set availability = s.availability, status_reason = s."statusReason",
      last_status_change_at = now() - s.since * interval '1 second'
    from jsonb_to_recordset($2::jsonb) as s (
      id uuid, "eventId" uuid, availability text, "statusReason" text, since double precision)
    where o.tenant_id = $1 and o.id = s.id
    returning o.id, o.availability, o.status_reason, o.last_status_change_at, s."eventId" as event_id
  )
  insert into conversation_events (tenant_id, id, type, occurred_at, actor_type, actor_id, reason, from_operator_id, to_operator_id)
  select $1, c.event_id, 'operator.' || lower(c.availability), c.last_status_change_at, 'OPERATOR', c.id::text,
    format('The operator set the status to %s%s', c.availability, ': ' || c.status_reason), c.id, c.id
  from changed c`;

/** Conversations as they are now. $1 tenant, $2 the conversations, with times in seconds ago */
export const INSERT_CONVERSATIONS = sql`
  insert into conversations (tenant_id, id, inbox_id, origin_inbox_id, external_conversation_id, customer_phone_number,
    phone_key, display_name, state, assigned_operator_id, last_operator_id, outcome, is_parked, message_count,
    waiting_message_count, waiting_since, last_message_at, last_reply_at, awaiting_reply_since, basis_at, saturated, queue_key,
    version, last_event_id, created_at, updated_at, resolved_at)
  select $1, s.id, s."inboxId", s."inboxId", s.thread, s.phone, s.phone, s.name, s.state, s."operatorId",
    s."lastOperatorId", s.outcome, s."isParked", s.messages, s.messages, t.arrived_at, t.last_message_at,
    now() - s."lastReply" * interval '1 second', now() - s.unanswered * interval '1 second', q.basis_at, q.saturated,
    q.queue_key, s.version, s."eventId", t.arrived_at, t.changed_at, case when s.state = 'RESOLVED' then t.changed_at end
  from jsonb_to_recordset($2::jsonb) as s (
    id uuid, "inboxId" uuid, thread text, phone text, name text, state text, "operatorId" uuid, "lastOperatorId" uuid,
    outcome text, "isParked" boolean, messages integer, arrived double precision, "lastMessage" double precision,
    "lastReply" double precision, unanswered double precision, version integer, "eventId" uuid, changed double precision)
  join queue_settings k on k.tenant_id = $1
  cross join lateral (
    select now() - s.arrived * interval '1 second' as arrived_at,
      now() - s."lastMessage" * interval '1 second' as last_message_at,
      now() - s.changed * interval '1 second' as changed_at) t
  left join lateral queue_position(k.settings, queue_count(k.settings, s.messages, s.messages), 0, t.last_message_at,
    t.arrived_at) q on s.state = 'QUEUED'`;

/** $1 tenant, $2 the entries of the ledger, with times in seconds ago */
export const INSERT_ENTRIES = sql`
  insert into conversation_events (tenant_id, id, type, occurred_at, conversation_id, inbox_id, external_conversation_id,
    version, actor_type, actor_id, reason, score, from_state, from_operator_id, from_inbox_id, to_state, to_operator_id,
    to_inbox_id, outcome, waiting_since)
  select $1, e.id, e.type, now() - e.at * interval '1 second', e."conversationId", e."inboxId", e.thread, e.version,
    e."actorType", e."actorId", e.reason, e.score, e."from", e."fromOperator", case when e.version > 1 then e."inboxId" end,
    e."to", e."toOperator", e."inboxId", e.outcome,
    case when e."from" = 'QUEUED' and e."to" <> 'QUEUED' then now() - e.arrived * interval '1 second' end
  from jsonb_to_recordset($2::jsonb) as e (
    id uuid, type text, at double precision, "conversationId" uuid, "inboxId" uuid, thread text, version integer,
    "actorType" text, "actorId" text, reason text, score double precision, "from" text, "fromOperator" uuid, "to" text,
    "toOperator" uuid, outcome text, arrived double precision)`;

/** Puts all entries of the ledger into the feed, which orders them by their times. $1 tenant, $2 an id */
export const INSERT_FEED = sql`
  insert into feed_backlog (tenant_id, id, event_ids)
  select $1, $2, array_agg(e.id) from conversation_events e where e.tenant_id = $1`;
/** $1 tenant, $2 an id */
export const INSERT_SEARCH = sql`
  insert into search_backlog (tenant_id, id, conversation_ids)
  select $1, $2, array_agg(c.id) from conversations c where c.tenant_id = $1`;
/** Operators who left have had a grace period since then. $1 tenant, $2 its length in seconds */
export const INSERT_GRACE_PERIODS = sql`
  insert into deadlines (tenant_id, conversation_id, kind, operator_id, started_at, expires_at)
  select $1, c.id, 'GRACE', o.id, o.last_status_change_at, o.last_status_change_at + $2::integer * interval '1 second'
  from operators o
  join conversations c on c.tenant_id = $1 and c.assigned_operator_id = o.id
  where o.tenant_id = $1 and o.availability = 'OFFLINE'`;
