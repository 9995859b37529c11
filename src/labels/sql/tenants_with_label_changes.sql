-- The tenants in which a deleted label is still attached, or a new one is not attached to all existing conversations yet.
create or replace function tenants_with_label_changes()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select distinct l.tenant_id from labels l where l.deleted_at is not null or l.attached_up_to is not null
$$;
