-- Takes entries of the ledger that are older than p_days out of the feed, from its beginning: deletes up to p_limit
-- positions and returns their number. The entries stay. It keeps the positions that the statistics, the outlooks or a
-- webhook, enabled or not, have yet to read, and always the last one, which the next position follows. The application
-- may not delete positions, so it runs as inbox_platform, for the tenant of the transaction only.
create or replace function forget_feed_positions(p_tenant uuid, p_days integer, p_limit integer)
returns integer
language plpgsql volatile security definer
set search_path = public, pg_temp
as $$
declare
  kept_from bigint;
  forgotten integer;
begin
  if p_tenant is distinct from nullif(current_setting('app.tenant_id', true), '')::uuid then return 0; end if;
  select p.position into kept_from from feed_positions p
  where p.tenant_id = p_tenant
  order by p.position desc
  limit 1;
  kept_from := least(kept_from,
    1 + coalesce((select f.position from folded_up_to f where f.tenant_id = p_tenant), 0),
    1 + (select min(w.position) from webhooks w where w.tenant_id = p_tenant and w.deleted_at is null),
    1 + (select o.position from outlook_progress o where o.tenant_id = p_tenant));
  with first as materialized (
    select n.position, e.occurred_at
    from (
      select p.position, p.event_id from feed_positions p
      where p.tenant_id = p_tenant and p.position < kept_from
      order by p.position
      limit p_limit) n
    cross join lateral (
      select l.occurred_at from conversation_events l where l.tenant_id = p_tenant and l.id = n.event_id offset 0) e
  )
  -- By keys: of a range the planner could expect a third of the table.
  delete from feed_positions p
  where p.tenant_id = p_tenant and p.position = any (array(
    select f.position from first f
    where f.position < coalesce((
      select min(y.position) from first y where y.occurred_at > now() - make_interval(days => p_days)), kept_from)));
  get diagnostics forgotten = row_count;
  return forgotten;
end
$$;
