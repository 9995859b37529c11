-- Whether an operator gave a sign of life in time. Ask only in tenants with a presence timeout; statements ask so:
-- (select t.presence_timeout_seconds from tenants t where t.id = p_tenant) is null or is_present(p_tenant, o.id).
-- By the clock and not by the start of the transaction, which may have waited for a lock.
create or replace function is_present(p_tenant uuid, p_operator uuid)
returns boolean
language plpgsql stable
as $$
begin
  return exists (
    select 1 from operator_presence p
    where p.tenant_id = p_tenant and p.operator_id = p_operator and p.present_until > clock_timestamp());
end
$$;
