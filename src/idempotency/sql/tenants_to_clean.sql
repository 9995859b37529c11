-- The tenants with expired responses, message ids, declines or plans of bulks. The id of all zeros stands for the platform.
create or replace function tenants_to_clean()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select t.id
  from tenants t
  where exists (select 1 from idempotency_keys k where k.tenant_id = t.id and k.expires_at <= now())
    or exists (
      select 1 from processed_messages m where m.tenant_id = t.id and m.seen_at <= now() - interval '7 days')
    or exists (
      select 1 from declines d
      where d.tenant_id = t.id and d.declined_until > '-infinity' and d.declined_until <= now())
    or exists (
      select 1 from bulk_plans p
      where p.tenant_id = t.id and p.status <> 'RUNNING'
        and p.created_at <= now() - case when p.started_at is null then interval '75 minutes' else interval '7 days' end)
  union all
  select '00000000-0000-0000-0000-000000000000'
  where exists (
    select 1 from idempotency_keys k
    where k.tenant_id = '00000000-0000-0000-0000-000000000000' and k.expires_at <= now())
$$;
