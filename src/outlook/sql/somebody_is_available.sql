-- Whether some operator can be given conversations of an inbox now or when they have resolved one: somebody without any
-- reason of ineligibility_reasons, where capacity does not count.
create or replace function somebody_is_available(p_tenant uuid, p_inbox uuid)
returns boolean
language plpgsql stable
as $$
begin
  return exists (
    select 1
    from tenants t
    join inboxes i on i.tenant_id = p_tenant and i.id = p_inbox
    join subscriptions s on s.tenant_id = p_tenant and s.inbox_id = p_inbox
    join operators o on o.tenant_id = p_tenant and o.id = s.operator_id
    where t.id = p_tenant and o.is_active and o.availability is not distinct from 'AVAILABLE'
      and ineligibility_reasons(o.is_active, o.availability,
        t.presence_timeout_seconds is null or is_present(p_tenant, o.id), null, null, i.distribution, t.auto_subscribe,
        s.weight, null, null) = '{}')
    or exists (
    select 1
    from tenants t
    join inboxes i on i.tenant_id = p_tenant and i.id = p_inbox
    join operators o on o.tenant_id = p_tenant and o.is_active and o.availability is not distinct from 'AVAILABLE'
    where t.id = p_tenant and t.auto_subscribe
      and ineligibility_reasons(o.is_active, o.availability,
        t.presence_timeout_seconds is null or is_present(p_tenant, o.id), null, null, i.distribution, t.auto_subscribe,
        null, null, null) = '{}');
end
$$;
