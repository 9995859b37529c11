-- The inboxes of tenants that are not suspended with waiting conversations: the p_limit longest waits one by one, all others as one row without an id.
-- The wait is current and takes two probes of conversations_waiting per inbox. The number waiting is as of the last
-- fold, because counting a million rows would take too long.
create or replace function waiting_by_inbox(p_limit integer)
returns table (tenant_id uuid, inbox_id uuid, queued bigint, wait_seconds double precision)
language plpgsql stable security definer
set search_path = public, pg_temp
as $$
#variable_conflict use_column
begin
  return query
  with waiting as (
    select i.tenant_id, i.id, greatest(coalesce(q.depth, 0), 0) as depth, least(e.waiting_since, o.waiting_since) as since
    from inboxes i
    -- min and not limit, which Citus does not let several nodes do.
    cross join lateral (
      select min(c.waiting_since) as waiting_since from conversations c
      where c.tenant_id = i.tenant_id and c.inbox_id = i.id and c.state = 'QUEUED' and c.is_overdue = false
        and c.waiting_since > '-infinity') e
    cross join lateral (
      select min(c.waiting_since) as waiting_since from conversations c
      where c.tenant_id = i.tenant_id and c.inbox_id = i.id and c.state = 'QUEUED' and c.is_overdue = true
        and c.waiting_since > '-infinity') o
    left join queue_depths q on q.tenant_id = i.tenant_id and q.inbox_id = i.id
    where i.tenant_id <> all (array(select t.id from tenants t where t.is_suspended))
      and (e.waiting_since is not null or o.waiting_since is not null)
  ), told as (
    select w.*, row_number() over (order by w.since, w.id) <= p_limit as is_told from waiting w
  )
  select case when w.is_told then w.tenant_id end, case when w.is_told then w.id end, sum(w.depth)::bigint,
    greatest(extract(epoch from now() - min(w.since)), 0)::double precision
  from told w
  group by 1, 2;
end
$$;
