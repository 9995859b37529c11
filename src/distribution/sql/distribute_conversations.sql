-- Gives waiting conversations of the inboxes to the receivers, best priority first, at most one for each id for the
-- ledger in p_events. choose_receiver has the strategies. The caller holds the locks of inboxes and receivers
-- (lock_distribution, lock_receivers). It skips conversations that another transaction has locked. With p_may_wait it
-- waits for one as long as it holds none itself; after that, a row of nulls says that there is more.
create or replace function distribute_conversations(
  p_tenant uuid, p_inboxes uuid[], p_receivers uuid[], p_events uuid[], p_may_wait boolean)
returns table (conversation_id uuid, inbox_id uuid, operator_id uuid)
language plpgsql volatile
as $$
declare
  ranking record;
  settings priority_settings;
  waiting_in uuid[] := p_inboxes;
  distributed integer := 0;
  depth integer;
  held_up boolean;
  holding boolean := false;
  best record;
  receiver record;
  score double precision;
begin
  select s.settings, s.auto_subscribe into ranking from queue_settings s where s.tenant_id = p_tenant;
  settings := ranking.settings;
  while distributed < cardinality(p_events) and cardinality(waiting_in) > 0 and cardinality(p_receivers) > 0 loop
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
      -- A new message or a supervisor holds it, perhaps only for a moment. This transaction has locked no conversation
      -- yet, so waiting for one keeps the order of the locks.
      perform 1 from conversations c
      where c.tenant_id = p_tenant and c.state is not distinct from 'QUEUED' and c.id = (
        select q.id from queue_page(settings, waiting_in, statement_timestamp(), 1, 'Infinity', '-infinity',
          '00000000-0000-0000-0000-000000000000') q)
      for no key update;
      holding := true;
      continue;
    end if;
    holding := true;

    receiver := choose_receiver(p_tenant, best.inbox_id, best.id, best.version, p_receivers,
      ranking.auto_subscribe);
    if receiver.operator_id is null then
      waiting_in := array_remove(waiting_in, best.inbox_id);
      continue;
    end if;

    distributed := distributed + 1;
    score := queue_score(
      settings, array[best.inbox_id], best.id, best.message_count, best.basis_at, statement_timestamp());
    perform transition_conversations(p_tenant, 'conversation.distributed', array[best.id],
      array[p_events[distributed]], 'QUEUED', null, 'ALLOCATED', array[receiver.operator_id], 'SYSTEM', null,
      array[receiver.reason], array[score]);
    -- The clock and not the start of the transaction: a batch has many turns.
    update subscriptions s set last_distributed_at = clock_timestamp()
    where s.tenant_id = p_tenant and s.inbox_id = best.inbox_id and s.operator_id = receiver.operator_id;
    return query select best.id, best.inbox_id, receiver.operator_id;
  end loop;
end
$$;
