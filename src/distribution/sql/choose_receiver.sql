-- The push strategies: the operator, of the locked receivers, to whom an inbox gives a conversation, and the reason
-- for the ledger. operator_id is null when nobody is eligible. A conversation does not return to the operator it was
-- taken from while another one is eligible. Otherwise the lowest value of the strategy wins; ties go to the operator
-- whose last conversation is the oldest, then to the lower id.
--
-- A new strategy is a line in both CASEs, its name in DISTRIBUTIONS (src/inboxes/inbox.ts) and a test. If it needs
-- the load, name it beside LEAST_LOADED too: counting reads all that an operator holds.
--
-- WEIGHTED_RANDOM draws an exponentially distributed time with the weight as its rate for each operator. An operator
-- has the earliest time with probability weight / sum of weights (Efraimidis and Spirakis, 2006, for one item).
create or replace function choose_receiver(
  p_tenant uuid, p_inbox uuid, p_conversation uuid, p_version integer, p_receivers uuid[], p_auto_subscribe boolean,
  out operator_id uuid, out reason text)
language plpgsql volatile
as $$
begin
  select s.operator_id, case i.distribution
      when 'WEIGHTED_RANDOM' then format('Distributed at random with weight %s', s.weight)
      when 'LEAST_LOADED' then format('Distributed to the lowest load per weight: load %s, weight %s', l.held, s.weight)
      when 'ROUND_ROBIN' then 'Distributed in turn'
    end
  into operator_id, reason
  from inboxes i
  join subscriptions s on s.tenant_id = p_tenant and s.inbox_id = i.id and s.operator_id = any (p_receivers)
  join operators o on o.tenant_id = p_tenant and o.id = s.operator_id
  cross join lateral (
    select case when o.max_load is not null or i.distribution in ('LEAST_LOADED') then (
      select count(*) from conversations c
      where c.tenant_id = p_tenant and c.assigned_operator_id = o.id and c.state = 'ALLOCATED') end as held
    offset 0) l
  where i.tenant_id = p_tenant and i.id = p_inbox and i.distribution <> 'PULL'
    and ineligibility_reasons(
      o.is_active, o.availability, o.max_load, l.held, i.distribution, p_auto_subscribe, s.weight) = '{}'
  order by exists (
      select 1 from conversation_events e
      where e.tenant_id = p_tenant and e.conversation_id = p_conversation and e.version = p_version
        and e.from_operator_id = s.operator_id),
    case i.distribution
      when 'WEIGHTED_RANDOM' then -ln(1 - random()) / s.weight
      when 'LEAST_LOADED' then l.held::double precision / s.weight
      when 'ROUND_ROBIN' then coalesce(epoch_microseconds(s.last_distributed_at), 0)
    end,
    s.last_distributed_at nulls first, s.operator_id
  limit 1;
end
$$;
