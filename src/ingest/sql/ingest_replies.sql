-- Ingests replies to customers, in any order and possibly repeated. Items: {index, eventId (an id for the ledger),
-- externalConversationId, inboxId | inboxPhoneNumber, messageId, occurredAt, operatorId, strict}. p_new: the positions
-- (index) of those that count (remember_replies). p_messages: items of ingest_messages of the same batch, which were
-- ingested before. A thread is known by its external id and the inbox that its messages name.
--
-- lastReplyAt moves forward only. A reply that is not older than the message that awaits one ends that wait, and with it
-- the time to reply; when it is from the holder, or does not say from whom, it accepts the conversation. Messages that
-- are newer than the reply await the next one. The first reply since the customer began to wait is kept in first_replies. Nothing is resolved, reopened or queued. Returns a row per item: the
-- conversation and who holds it, or why the item was refused. What was refused is not remembered.
create or replace function ingest_replies(
  p_tenant uuid, p_service text, p_items jsonb, p_new integer[], p_messages jsonb)
returns table (index integer, refusal text, conversation_id uuid, assigned_operator_id uuid)
language plpgsql volatile
as $$
declare
  answered record;
begin
  perform 1 from conversations c
  where c.tenant_id = p_tenant and c.id = any (array(
    select k.id
    from jsonb_to_recordset(p_items) as i ("externalConversationId" text, "inboxId" uuid, "inboxPhoneNumber" text)
    join inboxes x on x.tenant_id = p_tenant and (x.id = i."inboxId" or x.phone_number = i."inboxPhoneNumber" and x.is_active)
    cross join lateral (
      select c.id from conversations c
      where c.tenant_id = p_tenant and c.external_conversation_id = i."externalConversationId"
        and c.origin_inbox_id = x.id offset 0) k))
  order by c.external_conversation_id, c.origin_inbox_id
  for no key update;

  with reply as materialized (
    select c.id, i."eventId" as event_id, i."operatorId" as operator_id, c.assigned_operator_id as holder,
      c.awaiting_reply_since, c.last_reply_at, c.last_message_at, c.waiting_since, c.inbox_id,
      i."externalConversationId" as thread, x.id as inbox,
      least(coalesce(i."occurredAt", now()), now()) as at
    from jsonb_to_recordset(p_items) as i ("index" integer, "eventId" uuid, "externalConversationId" text,
      "inboxId" uuid, "inboxPhoneNumber" text, "occurredAt" timestamptz, "operatorId" uuid, strict boolean)
    join inboxes x on x.tenant_id = p_tenant and (x.id = i."inboxId" or x.phone_number = i."inboxPhoneNumber" and x.is_active)
    cross join lateral (
      select c.id, c.assigned_operator_id, c.awaiting_reply_since, c.last_reply_at, c.last_message_at, c.waiting_since,
        c.inbox_id
      from conversations c
      where c.tenant_id = p_tenant and c.external_conversation_id = i."externalConversationId"
        and c.origin_inbox_id = x.id offset 0) c
    where i."index" = any (p_new) and (i."operatorId" is null or exists (
        select 1 from operators o where o.tenant_id = p_tenant and o.id = i."operatorId"))
      and (i.strict is not true or i."occurredAt" is null or i."occurredAt" <= now() + interval '5 minutes')
  ), thread as materialized (
    select t.*, n.next_at
    from (
      select r.id, r.thread, r.inbox, r.last_message_at, r.waiting_since, r.inbox_id,
        (array_agg(r.event_id))[1] as event_id, max(r.at) as at,
        min(r.at) filter (where r.at >= r.waiting_since and (r.last_reply_at >= r.waiting_since) is not true) as first_at,
        bool_or(r.at >= greatest(r.awaiting_reply_since, r.last_reply_at, '-infinity')) as answers,
        bool_or(r.at >= greatest(r.awaiting_reply_since, r.last_reply_at, '-infinity')
          and coalesce(r.operator_id, r.holder) = r.holder) as accepts
      from reply r
      group by r.id, r.thread, r.inbox, r.last_message_at, r.waiting_since, r.inbox_id) t
    cross join lateral (
      -- The first message of the batch after the last reply.
      select min(m.at) as next_at from (
        select least(coalesce(m."occurredAt", now()), now()) as at
        from jsonb_to_recordset(p_messages) as m (
          "externalConversationId" text, "inboxId" uuid, "inboxPhoneNumber" text, "occurredAt" timestamptz)
        join inboxes x on x.tenant_id = p_tenant and x.id = t.inbox
          and (x.id = m."inboxId" or x.phone_number = m."inboxPhoneNumber" and x.is_active)
        where m."externalConversationId" = t.thread) m
      where m.at > t.at and m.at <= t.last_message_at) n
  ), stored as (
    update conversations c
    set last_reply_at = greatest(c.last_reply_at, t.at),
      awaiting_reply_since = case when c.awaiting_reply_since <= t.at
        then coalesce(t.next_at, case when c.last_message_at > t.at then c.last_message_at end)
        else c.awaiting_reply_since end,
      updated_at = now()
    from thread t
    where c.tenant_id = p_tenant and c.id = any (array(select h.id from thread h)) and c.id = t.id
    returning c.id, c.awaiting_reply_since
  ), first as (
    insert into first_replies (tenant_id, inbox_id, replied_at, conversation_id, microseconds)
    select p_tenant, t.inbox_id, t.first_at, t.id, epoch_microseconds(t.first_at) - epoch_microseconds(t.waiting_since)
    from thread t where t.first_at is not null
  )
  select array_agg(t.id) filter (where t.answers) as ids,
    array_agg(t.id) filter (where t.accepts) as accepted, array_agg(t.event_id) filter (where t.accepts) as events,
    array_agg(t.id) filter (where t.answers and s.awaiting_reply_since is not null) as awaiting
  into answered
  from thread t join stored s on s.id = t.id;

  if answered.ids is not null then
    -- As in accept_conversations.
    delete from deadlines d
    where d.tenant_id = p_tenant and d.conversation_id = any (answered.ids) and d.kind is not distinct from 'REPLY';
  end if;
  if answered.awaiting is not null then
    perform start_deadlines(p_tenant, answered.awaiting, false);
  end if;
  if answered.accepted is not null then
    perform accept_conversations(p_tenant, answered.accepted, answered.events, 'SERVICE', p_service, 'Replied');
  end if;

  return query
  with outcome as materialized (
    select i.*, x.id as inbox, c.id as conversation, c.assigned_operator_id as holder,
      case when i."inboxRefusal" is not null then i."inboxRefusal"
        when i."inboxId" is null and i."inboxPhoneNumber" is null then 'NO_INBOX'
        when x.id is null then 'INBOX_NOT_FOUND'
        when c.id is null then 'THREAD_NOT_FOUND'
        when i."operatorId" is not null and not exists (
          select 1 from operators o where o.tenant_id = p_tenant and o.id = i."operatorId") then 'OPERATOR_NOT_FOUND'
        when i."occurredAt" > now() + interval '5 minutes' then 'OCCURRED_IN_THE_FUTURE' end as refused
    from jsonb_to_recordset(p_items) as i ("index" integer, "externalConversationId" text, "inboxId" uuid,
      "inboxPhoneNumber" text, "messageId" text, "occurredAt" timestamptz, "operatorId" uuid, strict boolean,
      "inboxRefusal" text)
    left join inboxes x on x.tenant_id = p_tenant and (x.id = i."inboxId" or x.phone_number = i."inboxPhoneNumber" and x.is_active)
    left join lateral (
      select k.id, k.assigned_operator_id from conversations k
      where k.tenant_id = p_tenant and k.external_conversation_id = i."externalConversationId"
        and k.origin_inbox_id = x.id offset 0) c
      on x.id is not null
  ), forgotten as (
    delete from processed_messages p
    using outcome o
    where o."index" = any (p_new) and (o.refused <> 'OCCURRED_IN_THE_FUTURE' or o.strict)
      and p.tenant_id = p_tenant and p.external_conversation_id = o."externalConversationId"
      and p.message_id = o."messageId" and p.origin_inbox_id = o.inbox
  )
  select o."index", o.refused,
    case when o.refused is null or o.refused = 'OCCURRED_IN_THE_FUTURE' then o.conversation end, o.holder
  from outcome o
  order by o."index";
end
$$;
