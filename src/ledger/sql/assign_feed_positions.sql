-- Assigns the next positions of the feed to committed entries of the tenant's ledger that have none yet: p_most
-- entries, and the rest of the batch of the last one. Returns how many. Every reader of the feed calls it first. An
-- entry that commits later gets a later position, so nobody waits for a transaction that still runs. Positions are
-- dense per tenant. The entries of one conversation are in the order of their versions: a batch is recorded after
-- everything its transaction waited for, so the oldest batches never lack an earlier version, and among them an entry
-- never precedes an earlier version of its conversation. One transaction at a time assigns positions of a tenant. A
-- second one waits, at most until the caller's transaction ends.
create or replace function assign_feed_positions(p_tenant uuid, p_most integer)
returns integer
language plpgsql volatile
as $$
declare
  last_position bigint;
  assigned integer;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  -- Most often there is nothing to assign. Then it takes no lock.
  if not exists (select 1 from feed_backlog b where b.tenant_id = p_tenant) then return 0; end if;
  perform pg_advisory_xact_lock(hashtextextended(p_tenant::text, 4));
  -- After the lock: its previous holder has moved the end of the feed.
  select p.position into last_position from feed_positions p
  where p.tenant_id = p_tenant
  order by p.position desc
  limit 1;
  with first as materialized (
    select b.recorded_at, b.id,
      sum(cardinality(b.event_ids)) over (order by b.recorded_at, b.id) - cardinality(b.event_ids) as before
    from (
      select n.recorded_at, n.id, n.event_ids from feed_backlog n
      where n.tenant_id = p_tenant
      order by n.recorded_at, n.id
      limit p_most) b
  ), last as (
    select f.recorded_at, f.id from first f where f.before < p_most order by f.recorded_at desc, f.id desc limit 1
  ), taken as (
    -- By the bounds and not by each key: that is one index scan, whatever the planner expects.
    delete from feed_backlog b
    where b.tenant_id = p_tenant
      and (b.recorded_at, b.id) <= ((select l.recorded_at from last l), (select l.id from last l))
    returning b.event_ids
  ), entry as (
    select e.id, e.version,
      -- Not the time of the entry: its transaction may have begun before the one that it waited for.
      max(e.occurred_at) over (partition by coalesce(e.conversation_id, e.id) order by e.version) as moment
    from taken t
    cross join lateral unnest(t.event_ids) as u (id)
    cross join lateral (
      select l.id, l.conversation_id, l.version, l.occurred_at from conversation_events l
      where l.tenant_id = p_tenant and l.id = u.id offset 0) e
  )
  insert into feed_positions (tenant_id, position, event_id)
  select p_tenant, coalesce(last_position, 0) + row_number() over (order by n.moment, n.version, n.id), n.id
  from entry n;
  get diagnostics assigned = row_count;
  return assigned;
end
$$;
