-- The inboxes of tenants that are not suspended with waiting conversations: the p_limit longest waits one by one, all others as one row without an id.
-- The wait is current and takes two probes of conversations_waiting per inbox. The number waiting is as of the last
-- fold, because counting a million rows would take too long.
create or replace function waiting_by_inbox(p_limit integer)
returns table (tenant_id uuid, inbox_id uuid, queued bigint, wait_seconds double precision)
language sql stable security definer
set search_path = public, pg_temp
as $$
  with waiting as (
    select i.tenant_id, i.id, greatest(coalesce(q.depth, 0), 0) as depth, w.waiting_since,
      row_number() over (order by w.waiting_since, i.id) <= p_limit as is_told
    from inboxes i
    cross join lateral (
      select min(e.waiting_since) as waiting_since
      from (values (false), (true)) o (is_overdue)
      cross join lateral (
        select c.waiting_since from conversations c
        where c.tenant_id = i.tenant_id and c.inbox_id = i.id and c.state = 'QUEUED' and c.is_overdue = o.is_overdue
          and c.waiting_since > '-infinity'
        order by c.waiting_since
        limit 1) e
      having count(*) > 0) w
    left join queue_depths q on q.tenant_id = i.tenant_id and q.inbox_id = i.id
    where i.tenant_id <> all (array(select t.id from tenants t where t.is_suspended))
  )
  select case when w.is_told then w.tenant_id end, case when w.is_told then w.id end, sum(w.depth)::bigint,
    greatest(extract(epoch from now() - min(w.waiting_since)), 0)::double precision
  from waiting w
  group by 1, 2
$$;
