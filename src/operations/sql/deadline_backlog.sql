-- The deadlines of all tenants that are not suspended by kind, a row for each kind: running and due, due, and since when the oldest is due. A lag
-- is 0 when nothing is due.
create or replace function deadline_backlog()
returns table (kind text, deadlines bigint, due bigint, lag_seconds double precision)
language sql stable security definer
set search_path = public, pg_temp
as $$
  select k.kind, count(d.expires_at), count(*) filter (where d.expires_at <= now()),
    extract(epoch from greatest(now() - min(d.expires_at), interval '0'))::double precision
  from unnest(array['GRACE', 'ACCEPT', 'REPLY', 'PARK']) as k (kind)
  left join deadlines d on d.kind = k.kind and d.expires_at > '-infinity'
    and d.tenant_id <> all (array(select t.id from tenants t where t.is_suspended))
  group by k.kind
$$;
