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

  select s.* into changed
  from store_messages(
    p_tenant, p_service, p_items, new_threads, new_inboxes, new_messages, leads_by_index, settings) s;

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
