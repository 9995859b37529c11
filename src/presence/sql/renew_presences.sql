-- Renews the presence of operators: until the presence timeout from now, and never shorter than before. Sets the tenant
-- itself, so it is one round trip. It writes rows of its own only, so it never waits for a locked operator. Returns a row
-- for each active operator: present_until and timeout_seconds are null in a tenant without a presence timeout.
create or replace function renew_presences(p_tenant uuid, p_operators uuid[])
returns table (operator_id uuid, present_until timestamptz, timeout_seconds integer, status text)
language plpgsql volatile
as $$
declare
  renewed_at constant timestamptz := clock_timestamp();
  seconds integer;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  select t.presence_timeout_seconds into seconds from tenants t where t.id = p_tenant;
  if seconds is not null then
    insert into operator_presence as p (tenant_id, operator_id, present_until)
    select p_tenant, o.id, renewed_at + seconds * interval '1 second'
    from operators o
    where o.tenant_id = p_tenant and o.id = any (p_operators) and o.is_active
    order by o.id
    on conflict on constraint operator_presence_pk do update
    set present_until = greatest(p.present_until, excluded.present_until);
  end if;
  -- Only after the insert: what a sweep did meanwhile is part of the response.
  return query
  select o.id, p.present_until, seconds, o.availability
  from operators o
  left join operator_presence p on seconds is not null and p.tenant_id = p_tenant and p.operator_id = o.id
  where o.tenant_id = p_tenant and o.id = any (p_operators) and o.is_active;
end
$$;
