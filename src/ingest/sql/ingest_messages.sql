-- Ingests 1 to 1,000 messages of the orchestrator, in any order and possibly repeated, in a constant number of
-- statements, and distributes conversations that arrive in push inboxes. Items: {index, conversationId, eventId, leadId
-- (ids for rows that it may create; the last one only with a lead), distributionEventId, externalConversationId,
-- inboxId | inboxPhoneNumber, customerPhoneNumber, phoneKey (where it is not the number itself), customerAddress,
-- subject, displayName, messageId, occurredAt, strict, boostMinutes with boostEventId, and of a lead: leadExternalId, leadNumber and leadAddress (the
-- keys by which it is known), leadName, leadEmail, leadPhone, leadPhoneKey}. A thread is known by its external id and
-- the inbox that its messages name. Without an inbox an item goes to the default inbox, and with_redirects says where it
-- goes when its inbox is archived. Without occurredAt it counts as
-- sent now, and so it does more than five minutes ahead: the row then says OCCURRED_IN_THE_FUTURE, with which an item
-- with strict is refused. Returns a row per item: the conversation, whether this item created it and who holds it now,
-- or why the item was refused. Lock order: the distribution of push inboxes, the ranking, their operators, message ids,
-- leads, known conversations by external id and inbox, new conversations in the same order.
create or replace function ingest_messages(p_tenant uuid, p_service text, p_items jsonb)
returns table (index integer, refusal text, conversation_id uuid, created boolean, assigned_operator_id uuid)
language plpgsql volatile
as $$
declare
  settings priority_settings;
  pushing uuid[];
  affine uuid[];
  given uuid[] := '{}';
  receivers uuid[];
  arrivals bigint;
  threads text[];
  thread_inboxes uuid[];
  new_threads text[];
  new_inboxes uuid[];
  new_messages text[];
  leads_by_index jsonb;
  changed record;
  -- The items as they name their inboxes, where the tenant has archived ones.
  named jsonb;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  if p_items @? '$[*] ? (!exists (@.inboxId) && !exists (@.inboxPhoneNumber))' then
    p_items := with_default_inbox(p_tenant, p_items);
  end if;
  if exists (select 1 from inboxes a where a.tenant_id = p_tenant and not a.is_active) then
    named := p_items;
    p_items := with_redirects(p_tenant, named, false);
  end if;
  -- The inboxes with distribution or affinity in which conversations will begin or reopen, as far as is known before
  -- anything is locked, and how many will in those with distribution.
  select array_agg(distinct n.id), array_agg(distinct n.id) filter (where n.affinity <> 'NONE'),
    count(distinct (i."externalConversationId", x.id)) filter (where n.distribution <> 'PULL')
  into pushing, affine, arrivals
  from jsonb_to_recordset(p_items) as i (
    "externalConversationId" text, "inboxId" uuid, "inboxPhoneNumber" text, "reopensIn" uuid)
  join inboxes x on x.tenant_id = p_tenant and (x.id = i."inboxId" or x.phone_number = i."inboxPhoneNumber" and x.is_active)
  left join lateral (
    select c.id, c.inbox_id, c.state from conversations c
    where c.tenant_id = p_tenant and c.external_conversation_id = i."externalConversationId"
      and c.origin_inbox_id = x.id offset 0) k on true
  join inboxes n on n.tenant_id = p_tenant and n.id = coalesce(i."reopensIn", k.inbox_id, x.id)
    and (n.distribution <> 'PULL' or n.affinity <> 'NONE')
  where k.id is null or k.state = 'RESOLVED';
  if pushing is not null then perform lock_distribution(p_tenant, pushing); end if;
  perform share_ranking(p_tenant);
  -- Archiving excludes share_ranking: from here on no inbox is archived. Was one since the first look, the caller retries.
  if named is not null or exists (select 1 from inboxes a where a.tenant_id = p_tenant and not a.is_active) then
    if with_redirects(p_tenant, coalesce(named, p_items), false) <> p_items then
      raise exception 'an inbox was archived, redirected or made active while its message came in'
        using errcode = 'serialization_failure';
    end if;
  end if;
  if pushing is not null then receivers := lock_receivers(p_tenant, pushing, coalesce(affine, '{}')); end if;
  select (s.settings).* into settings from queue_settings s where s.tenant_id = p_tenant;

  -- A message id counts the first time it is seen. Its insert waits for a transaction that is reporting the same id. So
  -- it comes before any lock on a conversation that the other transaction may need.
  with item as materialized (
    select i."externalConversationId" as thread, x.id as inbox, i."messageId" as message
    from jsonb_to_recordset(p_items) as i (
      "externalConversationId" text, "inboxId" uuid, "inboxPhoneNumber" text, "messageId" text, "occurredAt" timestamptz,
      strict boolean)
    join inboxes x on x.tenant_id = p_tenant and (x.id = i."inboxId" or x.phone_number = i."inboxPhoneNumber" and x.is_active)
    where i.strict is not true or i."occurredAt" is null or i."occurredAt" <= now() + interval '5 minutes'
  ),
  first_seen as (
    insert into processed_messages (tenant_id, external_conversation_id, message_id, origin_inbox_id)
    select distinct p_tenant, i.thread, i.message, i.inbox from item i where i.message is not null
    order by i.thread, i.message, i.inbox
    on conflict do nothing
    returning external_conversation_id, message_id, origin_inbox_id
  )
  select f.threads, f.inboxes, f.messages, a.threads, a.inboxes
  into new_threads, new_inboxes, new_messages, threads, thread_inboxes
  from (
    select array_agg(n.external_conversation_id) as threads, array_agg(n.origin_inbox_id) as inboxes,
      array_agg(n.message_id) as messages
    from first_seen n) f
  cross join (
    select array_agg(d.thread) as threads, array_agg(d.inbox) as inboxes
    from (select distinct i.thread, i.inbox from item i) d) a;

  -- Before conversations, because a merge locks leads and then moves their conversations.
  if p_items @? '$[*].leadId' then
    leads_by_index := join_leads(p_tenant, p_items, new_threads, new_inboxes, new_messages);
  end if;

  perform 1 from conversations c
  where c.tenant_id = p_tenant and c.id = any (array(
    select k.id from unnest(threads, thread_inboxes) as u (thread, inbox)
    cross join lateral (
      select c.id from conversations c
      where c.tenant_id = p_tenant and c.external_conversation_id = u.thread and c.origin_inbox_id = u.inbox offset 0) k))
  order by c.external_conversation_id, c.origin_inbox_id
  for no key update;

  if named is not null then
    perform move_reopening(p_tenant, p_service, p_items, new_threads, new_inboxes, new_messages);
  end if;

  with item as materialized (
    -- The orchestrator's clock may be up to five minutes ahead; such a time counts as now.
    select i.*, x.id as inbox_id, least(coalesce(i."occurredAt", now()), now()) as occurred_at
    from jsonb_to_recordset(p_items) as i (
      "index" integer, "conversationId" uuid, "eventId" uuid, "leadId" uuid, "externalConversationId" text,
      "inboxId" uuid, "inboxPhoneNumber" text, "customerPhoneNumber" text, "phoneKey" text, "customerAddress" text,
      subject text, "displayName" text, "messageId" text, "occurredAt" timestamptz, strict boolean,
      "boostMinutes" integer, "boostEventId" uuid)
    join inboxes x on x.tenant_id = p_tenant and (x.id = i."inboxId" or x.phone_number = i."inboxPhoneNumber" and x.is_active)
    where i.strict is not true or i."occurredAt" is null or i."occurredAt" <= now() + interval '5 minutes'
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
        from unnest(new_threads, new_messages, new_inboxes) as f (thread, message, inbox))) is true
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
        ((array_agg(leads_by_index ->> m."index"::text order by m.occurred_at desc, m."index" desc)
          filter (where m."leadId" is not null))[1])::uuid as lead_id,
        -- What few messages have is sorted only where there is any: an ordered aggregate sorts for every thread.
        jsonb_agg(jsonb_build_object('at', m.occurred_at, 'index', m."index", 'number', m."customerPhoneNumber",
            'phoneKey', m."phoneKey", 'customerAddress', m."customerAddress", 'subject', m.subject,
            'boostMinutes', m."boostMinutes", 'boostEventId', m."boostEventId"))
          filter (where coalesce(m."phoneKey", m."customerAddress", m.subject, m."boostMinutes"::text) is not null) as rare,
        count(*)::integer as message_count, max(m.occurred_at) as last_message_at,
        -- What was written before the last resolution does not make the customer wait again. What has no time, or one in
        -- the future, counts as now, and the resolution may have begun after this transaction.
        (count(*) filter (where (m.occurred_at <= k.closed_at and m."occurredAt" < now()) is not true))::integer
          as waiting_message_count,
        coalesce(min(m.occurred_at) filter (where (m.occurred_at <= k.closed_at and m."occurredAt" < now()) is not true),
          min(m.occurred_at)) as waiting_since,
        min(m.occurred_at) filter (where (m.occurred_at <= k.closed_at and m."occurredAt" < now()) is not true
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
    cross join lateral queue_position(settings, queue_count(settings, t.message_count, t.waiting_message_count),
      coalesce(t.boost_minutes, 0), t.last_message_at, t.waiting_since) q
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
        from queue_position(settings,
          queue_count(settings, c.message_count + excluded.message_count, excluded.waiting_message_count
            + case when c.state = 'RESOLVED' then 0 else c.waiting_message_count end),
          c.boost_minutes, greatest(c.last_message_at, excluded.last_message_at),
          case
            when c.state = 'RESOLVED' then excluded.waiting_since
            when excluded.waiting_since > coalesce(c.last_resolved_at, '-infinity')
              then least(c.waiting_since, excluded.waiting_since)
            else c.waiting_since end) q
        where c.state = 'QUEUED' or c.state = 'RESOLVED' and excluded.waiting_message_count > 0),
      updated_at = now()
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
  into changed
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

  if changed.older is not null then perform copy_last_messages(p_tenant, changed.older); end if;

  -- A conversation was resolved or moved, or its inbox changed, between the first read and the lock: the caller retries.
  if exists (
    select 1 from inboxes n where n.tenant_id = p_tenant and (n.distribution <> 'PULL' or n.affinity <> 'NONE')
  ) and exists (
    select 1 from jsonb_to_recordset(p_items) as i ("eventId" uuid, "externalConversationId" text)
    cross join lateral (
      select c.inbox_id from conversations c
      where c.tenant_id = p_tenant and c.external_conversation_id = i."externalConversationId"
        and c.last_event_id = i."eventId" and c.state is not distinct from 'QUEUED' offset 0) c
    join inboxes n on n.tenant_id = p_tenant and n.id = c.inbox_id and (n.distribution <> 'PULL' or n.affinity <> 'NONE')
    where c.inbox_id <> all (coalesce(pushing, '{}'))
  ) then
    raise exception 'a conversation arrived in an inbox that pushes and was not locked'
      using errcode = 'serialization_failure';
  end if;

  if affine is not null then given := give_to_known_operators(p_tenant, affine, receivers, p_items); end if;

  if changed.ids is not null then
    perform record_customer_changes(p_tenant, p_service, changed.ids, changed.events, changed.keys, changed.addresses,
      changed.leads);
  end if;
  if changed.parked is not null then
    perform unpark_conversations(p_tenant, changed.parked, changed.parked_events, 'SERVICE', p_service,
      'The customer wrote');
  end if;
  if changed.awaiting is not null then
    perform start_deadlines(p_tenant, changed.awaiting, false);
  end if;

  if changed.boosts is not null then perform boost_threads(p_tenant, p_service, changed.boosts); end if;

  if pushing is not null then
    -- One for each that arrives. What else waits there is the backlog, which distribute_waiting gives.
    perform 1 from distribute_conversations(p_tenant, pushing, receivers,
      array(
        select u.id from jsonb_array_elements(p_items) i
        cross join lateral (select (i ->> 'distributionEventId')::uuid as id) u
        where u.id <> all (given)
        limit arrivals), false, false);
  end if;

  return query
  select i.index,
    case when i."inboxRefusal" is not null then i."inboxRefusal"
      when x.id is null and i."inboxId" is null and i."inboxPhoneNumber" is null then 'NO_INBOX'
      when x.id is null then 'INBOX_NOT_FOUND'
      when c.id is null or i."occurredAt" > now() + interval '5 minutes' then 'OCCURRED_IN_THE_FUTURE' end,
    -- A new conversation has the id that came with the first message that counts.
    c.id, coalesce(c.id = i."conversationId", false), c.assigned_operator_id
  from jsonb_to_recordset(p_items) as i ("index" integer, "conversationId" uuid, "externalConversationId" text,
    "inboxId" uuid, "inboxPhoneNumber" text, "occurredAt" timestamptz, "inboxRefusal" text)
  left join inboxes x on x.tenant_id = p_tenant and (x.id = i."inboxId" or x.phone_number = i."inboxPhoneNumber" and x.is_active)
  left join lateral (
    select k.id, k.assigned_operator_id from conversations k
    where k.tenant_id = p_tenant and k.external_conversation_id = i."externalConversationId"
      and k.origin_inbox_id = x.id offset 0) c
    on x.id is not null
  order by i.index;
end
$$;
