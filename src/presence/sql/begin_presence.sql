-- Begins the presence of an operator who is AVAILABLE or PAUSED now, or of all of the tenant (p_operator null), in a
-- tenant with a presence timeout. It replaces what there was, because the timeout may be shorter now. By the clock and
-- not by the start of the transaction, which may have waited for a lock.
create or replace function begin_presence(p_tenant uuid, p_operator uuid)
returns void
language plpgsql volatile
as $$
begin
  insert into operator_presence as p (tenant_id, operator_id, present_until)
  select p_tenant, o.id, clock_timestamp() + t.presence_timeout_seconds * interval '1 second'
  from tenants t
  join operators o on o.tenant_id = t.id and o.availability <> 'OFFLINE' and (p_operator is null or o.id = p_operator)
  where t.id = p_tenant and t.presence_timeout_seconds is not null
  order by o.id
  on conflict on constraint operator_presence_pk do update set present_until = excluded.present_until;
end
$$;
