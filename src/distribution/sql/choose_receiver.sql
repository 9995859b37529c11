-- The push strategies: which of the locked receivers an inbox gives a conversation to, and why, for the ledger.
-- operator_id is null when nobody is eligible. A conversation does not go straight back to the operator it was taken
-- from while somebody else is eligible; then the lowest number of the strategy wins, then the one whose turn is longest ago.
--
-- A new strategy is a line in both CASEs here, its name in DISTRIBUTIONS (src/inboxes/inbox.ts) and a test. If it counts
-- load, it is also named beside LEAST_LOADED: counting costs a look at all that the receiver holds.
-- WEIGHTED_RANDOM draws an exponentially distributed time with the weight as its rate for each receiver. The earliest
-- time belongs to a receiver with probability weight / sum of weights (Efraimidis and Spirakis, 2006, for one item).
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
