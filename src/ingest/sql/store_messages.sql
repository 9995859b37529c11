-- Stores messages in their conversations: it creates those that are new, reopens those that the customer wrote to again,
-- and records both. p_items: as in ingest_messages. Those with a messageId count only if they are the first with one of
-- p_messages, in the thread and inbox at the same position. p_leads: the lead of each item that has one, by its index.
-- The caller shares the ranking (share_ranking) and has locked the conversations.
--
-- Returns one row. Of conversations that were known: those of which the number, the address or the lead changed (ids),
-- with ids for the entries and what they had; those that were parked; those that the holder had replied to (awaiting).
-- older: all that this did not create. boosts: items of boost_threads.
create or replace function store_messages(
  p_tenant uuid, p_service text, p_items jsonb, p_threads text[], p_inboxes uuid[], p_messages text[], p_leads jsonb,
  p_settings priority_settings)
returns table (
  ids uuid[], events uuid[], keys text[], addresses text[], leads uuid[], parked uuid[], parked_events uuid[],
  awaiting uuid[], older uuid[], boosts jsonb)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  -- A variable: Citus allows no now() in DO UPDATE SET.
  moment constant timestamptz := now();
begin
  return query
  with item as materialized (
    -- The orchestrator's clock may be up to five minutes ahead; such a time counts as now.
    select i.*, x.id as inbox_id, least(coalesce(i."occurredAt", moment), moment) as occurred_at
    from jsonb_to_recordset(p_items) as i (
      "index" integer, "conversationId" uuid, "eventId" uuid, "leadId" uuid, "externalConversationId" text,
      "inboxId" uuid, "inboxPhoneNumber" text, "customerPhoneNumber" text, "phoneKey" text, "customerAddress" text,
      subject text, "displayName" text, "messageId" text, "occurredAt" timestamptz, strict boolean,
      "boostMinutes" integer, "boostEventId" uuid)
    join inboxes x on x.tenant_id = p_tenant and (x.id = i."inboxId" or x.phone_number = i."inboxPhoneNumber" and x.is_active)
    where i.strict is not true or i."occurredAt" is null or i."occurredAt" <= moment + interval '5 minutes'
  ),
  message as materialized (
    select i.* from item i where i."messageId" is null
    union all
    select * from (
      select distinct on (i."externalConversationId", i."messageId", i.inbox_id) i.*
      from item i
      -- "is true" keeps it a hashed lookup, whatever the planner expects.
      where ((i."externalConversationId", i."messageId", i.inbox_id) in (
        select f.thread, f.message, f.inbox
        from unnest(p_threads, p_messages, p_inboxes) as f (thread, message, inbox))) is true
      order by i."externalConversationId", i."messageId", i.inbox_id, i."index") m
  ),
  thread as materialized (
    select t.*,
      coalesce(case when t.rare is not null then (
        select r ->> 'phoneKey' from jsonb_array_elements(t.rare) r where r ->> 'number' = t.customer_phone_number
        limit 1) end, t.customer_phone_number) as phone_key,
      case when t.rare is not null then newest_value(t.rare, 'customerAddress') end as customer_address,
      case when t.rare is not null then newest_value(t.rare, 'subject') end as subject,
      case when t.rare is not null then newest_value(t.rare, 'boostMinutes')::integer end as boost_minutes
    from (
      select m."externalConversationId" as external_id, m.inbox_id,
        (array_agg(m."conversationId" order by m."index"))[1] as new_id,
        (array_agg(m."eventId" order by m."index"))[1] as event_id,
        (array_agg(m."customerPhoneNumber" order by m.occurred_at desc, m."index" desc)
          filter (where m."customerPhoneNumber" is not null))[1] as customer_phone_number,
        coalesce((array_agg(m."displayName" order by m.occurred_at desc, m."index" desc)
            filter (where m."displayName" is not null and m.occurred_at >= k.last_message_at))[1],
          min(k.display_name),
          (array_agg(m."displayName" order by m.occurred_at desc, m."index" desc)
            filter (where m."displayName" is not null))[1]) as display_name,
        ((array_agg(p_leads ->> m."index"::text order by m.occurred_at desc, m."index" desc)
          filter (where m."leadId" is not null))[1])::uuid as lead_id,
        -- What few messages have is sorted only where there is any: an ordered aggregate sorts for every thread.
        jsonb_agg(jsonb_build_object('at', m.occurred_at, 'index', m."index", 'number', m."customerPhoneNumber",
            'phoneKey', m."phoneKey", 'customerAddress', m."customerAddress", 'subject', m.subject,
            'boostMinutes', m."boostMinutes", 'boostEventId', m."boostEventId"))
          filter (where coalesce(m."phoneKey", m."customerAddress", m.subject, m."boostMinutes"::text) is not null) as rare,
        count(*)::integer as message_count, max(m.occurred_at) as last_message_at,
        -- What was written before the last resolution does not make the customer wait again. What has no time, or one in
        -- the future, counts as now, and the resolution may have begun after this transaction.
        (count(*) filter (where (m.occurred_at <= k.closed_at and m."occurredAt" < moment) is not true))::integer
          as waiting_message_count,
        coalesce(min(m.occurred_at) filter (where (m.occurred_at <= k.closed_at and m."occurredAt" < moment) is not true),
          min(m.occurred_at)) as waiting_since,
        min(m.occurred_at) filter (where (m.occurred_at <= k.closed_at and m."occurredAt" < moment) is not true
          and (m.occurred_at <= k.last_reply_at) is not true) as awaiting_reply_since,
        bool_or(k.is_parked) as was_parked, bool_or(k.is_held and k.awaiting_reply_since is null) as was_answered,
        (array_agg(k.id))[1] as known_id, min(k.last_message_at) as known_at, min(k.phone_key) as known_key,
        min(k.customer_address) as known_address, min(k.lead_id::text) as known_lead,
        min(k.customer_phone_number) as known_number, min(k.display_name) as known_name
      from message m
      left join lateral (
        select c.id, c.last_message_at, c.display_name, coalesce(c.resolved_at, c.last_resolved_at) as closed_at,
          c.phone_key, c.customer_address, c.lead_id, c.customer_phone_number, c.last_reply_at, c.awaiting_reply_since,
          c.is_parked, c.assigned_operator_id is not null as is_held
        from conversations c
        where c.tenant_id = p_tenant and c.external_conversation_id = m."externalConversationId"
          and c.origin_inbox_id = m.inbox_id offset 0) k on true
      group by m."externalConversationId", m.inbox_id
    ) t
  ),
  stored as (
    insert into conversations as c (tenant_id, id, inbox_id, origin_inbox_id, external_conversation_id,
      customer_phone_number, phone_key, customer_address, subject, display_name, lead_id, boost_minutes, message_count,
      waiting_message_count, last_message_at, waiting_since, awaiting_reply_since, basis_at, saturated, queue_key,
      last_event_id)
    select p_tenant, t.new_id, t.inbox_id, t.inbox_id, t.external_id, t.customer_phone_number, t.phone_key,
      t.customer_address, t.subject, t.display_name, t.lead_id, coalesce(t.boost_minutes, 0), t.message_count,
      t.waiting_message_count, t.last_message_at, t.waiting_since, t.awaiting_reply_since, q.basis_at, q.saturated,
      q.queue_key, t.event_id
    from thread t
    cross join lateral queue_position_at(p_settings, queue_count(p_settings, t.message_count, t.waiting_message_count),
      coalesce(t.boost_minutes, 0), t.last_message_at, t.waiting_since, moment) q
    order by t.external_id, t.inbox_id
    -- A resolved conversation is reopened by a message that makes the customer wait.
    on conflict (tenant_id, origin_inbox_id, external_conversation_id) where external_conversation_id is not null do update
    set message_count = c.message_count + excluded.message_count,
      waiting_message_count = excluded.waiting_message_count
        + case when c.state = 'RESOLVED' and excluded.waiting_message_count > 0 then 0 else c.waiting_message_count end,
      last_message_at = greatest(c.last_message_at, excluded.last_message_at),
      waiting_since = case
        when c.state = 'RESOLVED' and excluded.waiting_message_count > 0 then excluded.waiting_since
        when excluded.waiting_since > coalesce(c.resolved_at, c.last_resolved_at, '-infinity')
          then least(c.waiting_since, excluded.waiting_since)
        else c.waiting_since end,
      is_overdue = c.is_overdue and not (c.state = 'RESOLVED' and excluded.waiting_message_count > 0),
      awaiting_reply_since = least(c.awaiting_reply_since, case
        when excluded.awaiting_reply_since > coalesce(c.last_reply_at, '-infinity') then excluded.awaiting_reply_since end),
      -- The newest message has the customer's current name and contact data. What it does not have stays.
      customer_phone_number = coalesce(case when excluded.last_message_at >= c.last_message_at
        then excluded.customer_phone_number end, c.customer_phone_number, excluded.customer_phone_number),
      phone_key = coalesce(case when excluded.last_message_at >= c.last_message_at then excluded.phone_key end,
        c.phone_key, excluded.phone_key),
      customer_address = coalesce(case when excluded.last_message_at >= c.last_message_at
        then excluded.customer_address end, c.customer_address, excluded.customer_address),
      subject = coalesce(case when excluded.last_message_at >= c.last_message_at then excluded.subject end,
        c.subject, excluded.subject),
      display_name = coalesce(case when excluded.last_message_at >= c.last_message_at then excluded.display_name end,
        c.display_name, excluded.display_name),
      lead_id = coalesce(case when excluded.last_message_at >= c.last_message_at then excluded.lead_id end,
        c.lead_id, excluded.lead_id),
      state = case when c.state = 'RESOLVED' and excluded.waiting_message_count > 0 then 'QUEUED' else c.state end,
      version = c.version + (c.state = 'RESOLVED' and excluded.waiting_message_count > 0)::integer,
      last_event_id = case when c.state = 'RESOLVED' and excluded.waiting_message_count > 0
        then excluded.last_event_id else c.last_event_id end,
      last_resolved_at = coalesce(c.resolved_at, c.last_resolved_at),
      resolved_at = case when excluded.waiting_message_count = 0 then c.resolved_at end,
      outcome = case when excluded.waiting_message_count = 0 then c.outcome end,
      last_operator_id = case when excluded.waiting_message_count = 0 then c.last_operator_id end,
      (basis_at, saturated, queue_key) = (
        select q.basis_at, q.saturated, q.queue_key
        from queue_position_at(p_settings,
          queue_count(p_settings, c.message_count + excluded.message_count, excluded.waiting_message_count
            + case when c.state = 'RESOLVED' then 0 else c.waiting_message_count end),
          c.boost_minutes, greatest(c.last_message_at, excluded.last_message_at),
          case
            when c.state = 'RESOLVED' then excluded.waiting_since
            when excluded.waiting_since > coalesce(c.last_resolved_at, '-infinity')
              then least(c.waiting_since, excluded.waiting_since)
            else c.waiting_since end, moment) q
        where c.state = 'QUEUED' or c.state = 'RESOLVED' and excluded.waiting_message_count > 0),
      updated_at = moment
    returning c.id, c.inbox_id, c.external_conversation_id, c.version, c.last_event_id
  ), entry as (
    insert into conversation_events (tenant_id, id, type, conversation_id, inbox_id, external_conversation_id, version,
      actor_type, actor_id, reason, from_state, from_inbox_id, to_state, to_inbox_id)
    select p_tenant, s.last_event_id, case when s.version = 1 then 'conversation.created' else 'conversation.reopened' end,
      s.id, s.inbox_id, s.external_conversation_id, s.version, 'SERVICE', p_service,
      case when s.version = 1 then 'The first message of a new conversation' else 'The customer wrote again' end,
      case when s.version > 1 then 'RESOLVED' end, case when s.version > 1 then s.inbox_id end, 'QUEUED', s.inbox_id
    from stored s
    where (s.last_event_id in (select t.event_id from thread t)) is true
    returning id
  ), feed as (
    insert into feed_backlog (tenant_id, id, event_ids)
    select p_tenant, e.ids[1], e.ids from (select array_agg(n.id) as ids from entry n) e where e.ids is not null
  ), unsearched as (
    -- All but the known ones whose texts stay.
    insert into search_backlog (tenant_id, id, conversation_ids)
    select p_tenant, (select t.event_id from thread t limit 1), e.ids
    from (
      select array_agg(s.id) as ids
      from stored s
      where (s.id in (
        select t.known_id from thread t
        where t.display_name is not distinct from t.known_name
          and coalesce(t.customer_phone_number, t.known_number) is not distinct from t.known_number
          and coalesce(t.customer_address, t.known_address) is not distinct from t.known_address)) is not true) e
    where e.ids is not null
  )
  -- The id for a new conversation is not needed for one that is known. It becomes that of the entry.
  select array_agg(t.known_id) filter (where t.has_changed) as ids,
    array_agg(t.new_id) filter (where t.has_changed) as events,
    array_agg(t.known_key) filter (where t.has_changed) as keys,
    array_agg(t.known_address) filter (where t.has_changed) as addresses,
    array_agg(t.known_lead::uuid) filter (where t.has_changed) as leads,
    array_agg(t.known_id) filter (where t.was_parked) as parked,
    array_agg(t.event_id) filter (where t.was_parked) as parked_events,
    array_agg(t.known_id) filter (where t.was_answered and t.awaiting_reply_since is not null) as awaiting,
    -- Also those that another transaction created meanwhile.
    (select array_agg(s.id) from stored s where (s.id in (select n.new_id from thread n)) is not true) as older,
    (select jsonb_agg(jsonb_build_object('thread', b.external_id, 'inbox', b.inbox_id, 'minutes', b.boost_minutes,
        'eventId', newest_value(b.rare, 'boostEventId'), 'isLatest', (b.last_message_at < b.known_at) is not true))
      from thread b where b.boost_minutes is not null) as boosts
  from (select t.*,
    coalesce(case when t.last_message_at >= t.known_at then t.phone_key end, t.known_key, t.phone_key)
      is distinct from t.known_key
    or coalesce(case when t.last_message_at >= t.known_at then t.customer_address end, t.known_address,
      t.customer_address) is distinct from t.known_address
    or coalesce(case when t.last_message_at >= t.known_at then t.lead_id::text end, t.known_lead, t.lead_id::text)
      is distinct from t.known_lead as has_changed
    from thread t
    where t.known_id is not null
    -- Evaluates has_changed once for each.
    offset 0) t;
end
$$;
