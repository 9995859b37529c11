-- The tenants with a presence timeout in which somebody is AVAILABLE or PAUSED: those that no instance has swept within
-- two seconds, and those in which a presence has ended.
create or replace function tenants_to_sweep_presences()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select t.id from tenants t
  where t.presence_timeout_seconds is not null and exists (
      select 1 from operators o where o.tenant_id = t.id and o.availability <> 'OFFLINE' and (
        not exists (
          select 1 from presence_sweeps s where s.tenant_id = t.id and s.swept_at > clock_timestamp() - interval '2 seconds')
        or not exists (
          select 1 from operator_presence p
          where p.tenant_id = t.id and p.operator_id = o.id and p.present_until > clock_timestamp())))
$$;
