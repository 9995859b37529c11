-- Gives conversations that have just begun to wait to the operator who knows the customer, in inboxes with affinity: to
-- the operator who holds another conversation of the same lead, else to the last holder. Both only if they are eligible and have
-- not declined it; otherwise it waits like all others. p_items are those of ingest_messages, which has locked the
-- conversations, and p_receivers are the operators that it has locked (lock_receivers). Returns the ids for the ledger
-- that it used. Of a lead, it looks at the newest 20 conversations of each inbox.
create or replace function give_to_known_operators(p_tenant uuid, p_inboxes uuid[], p_receivers uuid[], p_items jsonb)
returns uuid[]
language plpgsql volatile
as $$
declare
  ranking record;
  used uuid[] := '{}';
  -- A variable: Citus allows no clock in an UPDATE.
  given_at timestamptz;
  waiting record;
  knows record;
begin
  select s.settings, s.auto_subscribe into ranking from queue_settings s where s.tenant_id = p_tenant;
  for waiting in
    select c.*, i."distributionEventId" as event_id, x.distribution
    from jsonb_to_recordset(p_items) as i (
      "index" integer, "eventId" uuid, "distributionEventId" uuid, "externalConversationId" text)
    cross join lateral (
      select c.id, c.inbox_id, c.lead_id, c.version, c.basis_at, c.declined_until,
        queue_count(ranking.settings, c.message_count, c.waiting_message_count) as queue_count,
        c.boost_minutes + inbox_boost(ranking.settings, c.inbox_id) as boost_minutes
      from conversations c
      where c.tenant_id = p_tenant and c.external_conversation_id = i."externalConversationId"
        and c.last_event_id = i."eventId" and c.state is not distinct from 'QUEUED' offset 0) c
    join inboxes x on x.tenant_id = p_tenant and x.id = c.inbox_id
    where c.inbox_id = any (p_inboxes) and (c.version > 1 or c.lead_id is not null)
    order by i.index
  loop
    -- Each count is a statement after what was given before it.
    for knows in
      select k.operator_id, k.reason
      from (
        select 1 as choice, h.last_message_at as at, h.assigned_operator_id as operator_id,
          'Given to the operator who holds another conversation of this customer' as reason
        from inboxes i
        cross join lateral (
          select c.id, c.assigned_operator_id, c.last_message_at from conversations c
          where c.tenant_id = p_tenant and c.inbox_id = i.id and c.lead_id = waiting.lead_id
          order by c.last_message_at desc, c.id desc limit 20) h
        where i.tenant_id = p_tenant and waiting.lead_id is not null and h.assigned_operator_id is not null
        union all
        (select 2, e.occurred_at, e.from_operator_id, 'Given to the operator who held it last'
        from conversation_events e
        where waiting.version > 1 and e.tenant_id = p_tenant and e.conversation_id = waiting.id
          and e.from_operator_id is not null
        order by e.version desc limit 1)
        union all
        select 3, l.last_message_at, l.last_operator_id, 'Given to the operator who held the last conversation of this customer'
        from inboxes i
        cross join lateral (
          select c.id, c.last_operator_id, c.last_message_at from conversations c
          where c.tenant_id = p_tenant and c.inbox_id = i.id and c.lead_id = waiting.lead_id
          order by c.last_message_at desc, c.id desc limit 20) l
        where i.tenant_id = p_tenant and waiting.lead_id is not null and l.last_operator_id is not null) k
      where k.operator_id = any (p_receivers)
      order by k.choice, k.at desc
    loop
      continue when waiting.declined_until > now()
        and knows.operator_id = any ((running_declines(p_tenant, waiting.id)).operators);
      continue when not exists (
        select 1 from operators o
        left join subscriptions s
          on s.tenant_id = p_tenant and s.inbox_id = waiting.inbox_id and s.operator_id = knows.operator_id
        where o.tenant_id = p_tenant and o.id = knows.operator_id and ineligibility_reasons(
          o.is_active, o.availability, true, o.max_load, (
            select count(*) from conversations h
            where h.tenant_id = p_tenant and h.assigned_operator_id = o.id and h.state = 'ALLOCATED' and not h.is_parked),
          waiting.distribution, ranking.auto_subscribe, s.weight, s.max_load, (
            select count(*) from conversations h
            where h.tenant_id = p_tenant and h.assigned_operator_id = o.id and h.state = 'ALLOCATED' and not h.is_parked
              and h.inbox_id = waiting.inbox_id)) = '{}');
      perform transition_conversations(p_tenant, 'conversation.distributed', array[waiting.id], array[waiting.event_id],
        'QUEUED', null, 'ALLOCATED', array[knows.operator_id], 'SYSTEM', null, array[knows.reason],
        array[queue_score(ranking.settings, array[waiting.inbox_id], waiting.id, waiting.queue_count,
          waiting.boost_minutes, waiting.basis_at, statement_timestamp())]);
      given_at := clock_timestamp();
      update subscriptions s set last_distributed_at = given_at
      where s.tenant_id = p_tenant and s.inbox_id = waiting.inbox_id and s.operator_id = knows.operator_id;
      used := used || waiting.event_id;
      exit;
    end loop;
  end loop;
  return used;
end
$$;
