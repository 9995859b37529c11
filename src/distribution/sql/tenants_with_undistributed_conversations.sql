-- The tenants in which a conversation waits in a push inbox. The sweep then looks whether an operator is free.
create or replace function tenants_with_undistributed_conversations()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select distinct i.tenant_id from inboxes i
  where i.distribution <> 'PULL' and exists (
    select 1 from conversations c where c.tenant_id = i.tenant_id and c.inbox_id = i.id and c.state = 'QUEUED' offset 0)
$$;
