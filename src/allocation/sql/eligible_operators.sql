-- The operators who can be given a conversation of an inbox now (ineligibility_reasons), with the weight of their
-- subscription, null without one.
create or replace function eligible_operators(p_tenant uuid, p_inbox uuid)
returns table (operator_id uuid, weight integer)
language plpgsql stable
as $$
begin
  return query
  select o.id, o.weight
  from (
    select o.id, o.max_load, o.is_active, o.availability, i.distribution, t.auto_subscribe, s.weight,
      s.max_load as inbox_max_load,
      t.presence_timeout_seconds is null or is_present(p_tenant, o.id) as is_present
    from tenants t
    join inboxes i on i.tenant_id = p_tenant and i.id = p_inbox
    join operators o on o.tenant_id = p_tenant and o.is_active and o.availability = 'AVAILABLE'
    -- LATERAL with OFFSET 0 reads each by its key.
    left join lateral (
      select x.weight, x.max_load from subscriptions x
      where x.tenant_id = p_tenant and x.inbox_id = p_inbox and x.operator_id = o.id offset 0) s on true
    where t.id = p_tenant and (t.auto_subscribe or s.weight is not null)
    offset 0) o
  cross join lateral (
    select case when o.max_load is not null then (
      select count(*) from conversations h
      where h.tenant_id = p_tenant and h.assigned_operator_id = o.id and h.state = 'ALLOCATED' and not h.is_parked) end
      as held,
      case when o.inbox_max_load is not null then (
      select count(*) from conversations h
      where h.tenant_id = p_tenant and h.assigned_operator_id = o.id and h.state = 'ALLOCATED' and not h.is_parked
        and h.inbox_id = p_inbox) end as held_of_inbox
    offset 0) l
  where ineligibility_reasons(o.is_active, o.availability, o.is_present, o.max_load, l.held, o.distribution,
    o.auto_subscribe, o.weight, o.inbox_max_load, l.held_of_inbox) = '{}';
end
$$;
