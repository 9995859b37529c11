-- Folds up to p_limit ledger entries of the tenant and returns their number. A concurrent second call for the same
-- tenant does nothing. The function sets the tenant itself to save a round trip.
create or replace function fold_activity(p_tenant uuid, p_limit integer)
returns integer
language plpgsql volatile
set enable_seqscan = off
as $$
declare
  before bigint;
  entries integer;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  select f.position into before from folded_up_to f where f.tenant_id = p_tenant for update skip locked;
  if not found then
    -- Another call holds the row. An insert would wait for it, even with on conflict do nothing.
    if exists (select 1 from folded_up_to f where f.tenant_id = p_tenant) then return 0; end if;
    insert into folded_up_to (tenant_id) values (p_tenant) on conflict do nothing returning position into before;
    if not found then return 0; end if;
  end if;

  with entry as materialized (
    select n.position, e.*, date_trunc('minute', e.occurred_at, 'UTC') as minute, h.microseconds as held
    from (
      select p.position, p.event_id from feed_positions p
      where p.tenant_id = p_tenant and p.position > before
      order by p.position
      limit p_limit) n
    cross join lateral (
      select l.id, l.type, l.outcome, l.occurred_at, l.conversation_id, l.inbox_id, l.version, l.from_state, l.from_operator_id,
        l.from_inbox_id, l.to_state, l.to_operator_id, l.to_inbox_id, l.waiting_since
      from conversation_events l where l.tenant_id = p_tenant and l.id = n.event_id offset 0) e
    -- As microseconds_held, which as a function would be called for every entry.
    cross join lateral (
      select case when e.type = 'conversation.resolved' and e.from_operator_id is not null then (
        select greatest(epoch_microseconds(e.occurred_at) - epoch_microseconds(g.occurred_at), 0)::bigint
        from conversation_events g
        where g.tenant_id = p_tenant and g.conversation_id = e.conversation_id and g.version < e.version
          and g.to_operator_id = e.from_operator_id and g.from_operator_id is distinct from g.to_operator_id
        order by g.version desc
        limit 1) end as microseconds) h
  ), delta as materialized (
    select s.inbox_id, s.operator_id, s.type, n.minute, count(*)::integer as count,
      coalesce(sum(n.held), 0)::bigint as microseconds, min(n.occurred_at) as first_at, max(n.occurred_at) as last_at
    from entry n
    cross join lateral activity_series_of(n.type, n.outcome, n.inbox_id, n.from_operator_id, n.to_operator_id) s
    group by s.inbox_id, s.operator_id, s.type, n.minute
  ), series as (
    insert into activity_series as s (tenant_id, inbox_id, operator_id, type, count, microseconds, first_at, last_at)
    select p_tenant, d.inbox_id, d.operator_id, d.type, sum(d.count), sum(d.microseconds), min(d.first_at), max(d.last_at)
    from delta d group by d.inbox_id, d.operator_id, d.type
    on conflict (tenant_id, inbox_id, operator_id, type) do update
    set count = s.count + excluded.count, microseconds = s.microseconds + excluded.microseconds,
      first_at = least(s.first_at, excluded.first_at), last_at = greatest(s.last_at, excluded.last_at)
    returning s.id, s.inbox_id, s.operator_id, s.type
  ), change as materialized (
    select s.id as series_id, d.minute, d.count, d.microseconds
    from delta d join series s on s.inbox_id = d.inbox_id and s.operator_id = d.operator_id and s.type = d.type
  ), affected as (
    select c.series_id, c.minute, c.count, c.microseconds from change c
    union all
    -- Totals of later minutes can exist already, because transactions do not commit in the order of their times.
    select b.series_id, a.minute, 0, 0
    from (select c.series_id, min(c.minute) as minute from change c group by c.series_id) b
    cross join lateral (
      select a.minute from activity_totals a
      where a.tenant_id = p_tenant and a.series_id = b.series_id and a.minute > b.minute
      offset 0) a
  ), running as (
    select a.series_id, a.minute, sum(sum(a.count)) over w as count, sum(sum(a.microseconds)) over w as microseconds
    from affected a
    group by a.series_id, a.minute
    window w as (partition by a.series_id order by a.minute)
  ), totals as (
    insert into activity_totals (tenant_id, series_id, minute, count, microseconds)
    select p_tenant, r.series_id, r.minute, coalesce(a.count, 0) + r.count, coalesce(a.microseconds, 0) + r.microseconds
    from running r
    left join lateral (
      select a.count, a.microseconds from activity_totals a
      where a.tenant_id = p_tenant and a.series_id = r.series_id and a.minute <= r.minute
      order by a.minute desc limit 1) a on true
    order by r.series_id, r.minute
    on conflict (tenant_id, series_id, minute) do update
    set count = excluded.count, microseconds = excluded.microseconds
  ), depths as (
    insert into queue_depths as q (tenant_id, inbox_id, depth)
    select p_tenant, c.inbox_id, sum(c.change) from entry n cross join lateral queue_changes_of(
      n.from_state, n.from_inbox_id, n.to_state, n.to_inbox_id) c
    group by c.inbox_id having sum(c.change) <> 0
    on conflict (tenant_id, inbox_id) do update set depth = q.depth + excluded.depth
  ), resolutions as (
    insert into resolution_times (tenant_id, operator_id, resolved_at, event_id, microseconds)
    select p_tenant, n.from_operator_id, n.occurred_at, n.id, n.held from entry n where n.held is not null
  ), waits as (
    insert into ended_waits (tenant_id, inbox_id, ended_at, event_id, is_given, microseconds)
    select p_tenant, n.inbox_id, n.occurred_at, n.id, n.to_state = 'ALLOCATED',
      microseconds_waited(p_tenant, n.conversation_id, n.version, n.occurred_at, n.waiting_since)
    from entry n where n.from_state = 'QUEUED' and n.to_state in ('ALLOCATED', 'RESOLVED')
  ), position as (
    update folded_up_to f set position = l.position
    from (select max(n.position) as position from entry n) l
    where f.tenant_id = p_tenant and l.position is not null
  )
  select count(*) into entries from entry;
  return entries;
end
$$;
