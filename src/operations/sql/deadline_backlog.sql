-- The deadlines of all tenants that are not suspended by kind, a row for each kind: running and due, due, and since when the oldest is due. A lag
-- is 0 when nothing is due.
create or replace function deadline_backlog()
returns table (kind text, deadlines bigint, due bigint, lag_seconds double precision)
language sql stable security definer
set search_path = public, pg_temp
as $$
  select k.kind, coalesce(d.deadlines, 0), coalesce(d.due, 0),
    extract(epoch from greatest(now() - d.since, interval '0'))::double precision
  from unnest(array['GRACE', 'ACCEPT', 'REPLY', 'PARK']) as k (kind)
  left join (
    select e.kind, count(*) as deadlines, count(*) filter (where e.expires_at <= now()) as due,
      min(e.expires_at) as since
    from deadlines e
    where e.expires_at > '-infinity' and e.tenant_id <> all (array(select t.id from tenants t where t.is_suspended))
    group by e.kind) d on d.kind = k.kind
$$;
