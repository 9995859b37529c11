-- The tenants with a retention and ledger entries, or leads without conversations, that are older. One probe of an index
-- for each, which the ORDER BY names.
create or replace function tenants_to_erase()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select t.id
  from tenants t
  left join retention_progress p on p.tenant_id = t.id
  where t.retention_days is not null and (
    (
      select e.id from conversation_events e
      where e.tenant_id = t.id and e.occurred_at > '-infinity'
        and e.occurred_at >= coalesce(p.occurred_at, '-infinity')
        and e.occurred_at <= now() - make_interval(days => t.retention_days)
        and (e.occurred_at > p.occurred_at or e.id > p.event_id) is not false
      order by e.occurred_at
      limit 1) is not null
    or (
      select l.lead_id from left_leads l
      where l.tenant_id = t.id and l.left_at <= now() - make_interval(days => t.retention_days)
      order by l.left_at
      limit 1) is not null)
$$;
