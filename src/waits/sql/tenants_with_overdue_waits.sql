-- The tenants with a wait that is longer than the target of its inbox and not reported: one probe for each inbox that
-- has a target. The order by clause selects the index.
create or replace function tenants_with_overdue_waits()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select distinct i.tenant_id from inboxes i
  cross join lateral (
    select c.id from conversations c
    where c.tenant_id = i.tenant_id and c.inbox_id = i.id and c.state = 'QUEUED' and not c.is_overdue
      and c.waiting_since > '-infinity' and c.waiting_since <= now() - i.wait_target_seconds * interval '1 second'
    order by c.waiting_since
    limit 1) c
  where i.wait_target_seconds is not null
$$;
