-- Gives waiting conversations of the inboxes to the receivers, best priority first, at most one for each of the ids p_events
-- for the ledger. The caller holds the locks of both (lock_distribution, lock_receivers). What others hold just now is
-- skipped. With p_may_wait it is waited for as long as nothing else has been taken; after that a row of nulls says that
-- there is more. A conversation does not go straight back to the operator it was taken from while another one is eligible.
create or replace function distribute_conversations(
  p_tenant uuid, p_inboxes uuid[], p_receivers uuid[], p_events uuid[], p_may_wait boolean)
returns table (conversation_id uuid, inbox_id uuid, operator_id uuid)
language plpgsql volatile
as $$
declare
  settings priority_settings;
  auto_subscribe boolean;
  waiting_in uuid[] := p_inboxes;
  event uuid;
  given uuid[] := '{}';
  depth integer;
  held_up boolean;
  holding boolean := false;
  best record;
  receiver record;
  score double precision;
begin
  select (s.settings).* into settings from queue_settings s where s.tenant_id = p_tenant;
  select t.auto_subscribe into auto_subscribe from tenants t where t.id = p_tenant;
  while cardinality(given) < cardinality(p_events) and cardinality(waiting_in) > 0 and cardinality(p_receivers) > 0 loop
    depth := 1;
    loop
      select c.* into best
      from (
        select q.id, q.inbox_id
        from queue_page(settings, waiting_in, statement_timestamp(), depth, 'Infinity', '-infinity',
          '00000000-0000-0000-0000-000000000000') q
        order by q.urgency desc, q.basis_at, q.id
        offset 0) q
      cross join lateral (
        select c.id, c.inbox_id, c.external_conversation_id, c.message_count, c.basis_at, c.version from conversations c
        where c.tenant_id = p_tenant and c.id = q.id and c.inbox_id = q.inbox_id
          and c.state is not distinct from 'QUEUED'
        for no key update skip locked) c
      limit 1;
      exit when found;
      held_up := exists (
        select 1 from conversations c
        where c.tenant_id = p_tenant and c.inbox_id = any (waiting_in) and c.state = 'QUEUED');
      exit when not held_up or depth >= 2048;
      depth := depth * 8;
    end loop;
    if best.id is null then
      exit when not held_up or not p_may_wait;
      if holding then
        return query select null::uuid, null::uuid, null::uuid;
        exit;
      end if;
      -- A new message or a supervisor holds it, perhaps only for this moment. No conversation is locked yet, so
      -- waiting for one keeps the lock order.
      perform 1 from conversations c
      where c.tenant_id = p_tenant and c.state is not distinct from 'QUEUED' and c.id = (
        select q.id from queue_page(settings, waiting_in, statement_timestamp(), 1, 'Infinity', '-infinity',
          '00000000-0000-0000-0000-000000000000') q)
      for no key update;
      holding := true;
      continue;
    end if;
    holding := true;

    select s.operator_id, i.distribution, s.weight, l.held into receiver
    from inboxes i
    join subscriptions s on s.tenant_id = p_tenant and s.inbox_id = i.id and s.operator_id = any (p_receivers)
    join operators o on o.tenant_id = p_tenant and o.id = s.operator_id
    cross join lateral (
      select case when o.max_load is not null or i.distribution = 'LEAST_LOADED' then (
        select count(*) from conversations c
        where c.tenant_id = p_tenant and c.assigned_operator_id = o.id and c.state = 'ALLOCATED') end as held
      offset 0) l
    where i.tenant_id = p_tenant and i.id = best.inbox_id and i.distribution <> 'PULL'
      and ineligibility_reasons(o.is_active, o.availability, o.max_load, l.held, i.distribution, auto_subscribe, s.weight) = '{}'
    order by exists (
        select 1 from conversation_events e
        where e.tenant_id = p_tenant and e.conversation_id = best.id and e.version = best.version
          and e.from_operator_id = s.operator_id),
      distribution_order(i.distribution, s.weight, l.held, s.last_distributed_at), s.last_distributed_at nulls first,
      s.operator_id
    limit 1;
    if not found then
      waiting_in := array_remove(waiting_in, best.inbox_id);
      continue;
    end if;

    event := p_events[cardinality(given) + 1];
    given := given || event;
    score := queue_score(settings, array[best.inbox_id], best.id, best.message_count, best.basis_at, statement_timestamp());
    perform transition_conversations(p_tenant, 'conversation.distributed', array[best.id], array[event], 'QUEUED', null,
      'ALLOCATED', array[receiver.operator_id], 'SYSTEM', null,
      array[distribution_reason(receiver.distribution, receiver.weight, receiver.held)], array[score]);
    -- The clock, not the transaction's start: within one batch there are many turns.
    update subscriptions s set last_distributed_at = clock_timestamp()
    where s.tenant_id = p_tenant and s.inbox_id = best.inbox_id and s.operator_id = receiver.operator_id;
    return query select best.id, best.inbox_id, receiver.operator_id;
  end loop;
end
$$;
