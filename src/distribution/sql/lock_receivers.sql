-- Locks the operators who might be given something from the inboxes, and returns them. Their load, availability and
-- capacity do not change until the end of the transaction. A weight of 0 gets something only in p_affine, the inboxes
-- with affinity among them.
create or replace function lock_receivers(p_tenant uuid, p_inboxes uuid[], p_affine uuid[])
returns uuid[]
language plpgsql volatile
as $$
declare
  receivers uuid[];
begin
  select coalesce(array_agg(r.id), '{}') into receivers from (
    select o.id from operators o
    where o.tenant_id = p_tenant and o.is_active and o.availability = 'AVAILABLE'
      and ((select t.presence_timeout_seconds from tenants t where t.id = p_tenant) is null or is_present(p_tenant, o.id))
      and exists (select 1 from subscriptions s
        where s.tenant_id = p_tenant and s.operator_id = o.id and s.inbox_id = any (p_inboxes)
          and (s.weight > 0 or s.inbox_id = any (p_affine)))
    order by o.id
    for no key update of o) r;
  return receivers;
end
$$;
