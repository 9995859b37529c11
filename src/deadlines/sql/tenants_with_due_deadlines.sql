-- The tenants in which a deadline has ended: one probe for each kind.
create or replace function tenants_with_due_deadlines()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select t.id from tenants t
  where exists (
      select 1 from deadlines d
      where d.tenant_id = t.id and d.kind = 'GRACE' and d.expires_at > '-infinity' and d.expires_at <= now() offset 0)
    or exists (
      select 1 from deadlines d
      where d.tenant_id = t.id and d.kind = 'ACCEPT' and d.expires_at > '-infinity' and d.expires_at <= now() offset 0)
    or exists (
      select 1 from deadlines d
      where d.tenant_id = t.id and d.kind = 'REPLY' and d.expires_at > '-infinity' and d.expires_at <= now() offset 0)
    or exists (
      select 1 from deadlines d
      where d.tenant_id = t.id and d.kind = 'PARK' and d.expires_at > '-infinity' and d.expires_at <= now() offset 0)
$$;
