-- Folds up to p_limit ledger entries: fills in the outcomes of outlooks whose conversation left the queue, and returns
-- for each inbox with a pace how many conversations left its queue and how many seconds counted since the last look,
-- with its pace before. Seconds count while something waits and somebody is available. After a pause of more than a
-- minute nobody knows that, so neither counts. entries and has_outcomes are the same in all rows; there is at least one.
create or replace function fold_takes(p_tenant uuid, p_limit integer)
returns table (
  entries integer, has_outcomes boolean, inbox_id uuid, left_queue integer, counted_seconds double precision,
  takes double precision, seconds double precision)
language plpgsql volatile
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  progress record;
  left_of jsonb;
  elapsed double precision;
  filled integer;
  inbox record;
begin
  entries := 0;
  has_outcomes := false;
  select p.position, p.looked_at into progress from outlook_progress p where p.tenant_id = p_tenant for update;
  if not found then
    return next;
    return;
  end if;
  elapsed := extract(epoch from now() - progress.looked_at);

  with entry as materialized (
    select n.position, e.*
    from (
      select p.position, p.event_id from feed_positions p
      where p.tenant_id = p_tenant and p.position > progress.position
      order by p.position
      limit p_limit) n
    cross join lateral (
      select l.occurred_at, l.conversation_id, l.version, l.from_state, l.from_inbox_id, l.to_state, l.to_inbox_id
      from conversation_events l where l.tenant_id = p_tenant and l.id = n.event_id offset 0) e
  ), ended as (
    select distinct on (o.id) o.id, e.occurred_at, e.to_state
    from entry e
    cross join lateral (
      select o.id, o.version from outlooks o
      where o.tenant_id = p_tenant and o.conversation_id = e.conversation_id and o.ended_at is null offset 0) o
    where e.from_state = 'QUEUED' and e.to_state <> 'QUEUED' and e.version > o.version
    order by o.id, e.version
  ), outcome as (
    update outlooks o
    set ended_at = d.occurred_at, actual_seconds = case when d.to_state = 'ALLOCATED' then
      greatest(extract(epoch from d.occurred_at - o.asked_at), 0) end
    from ended d
    where o.tenant_id = p_tenant and o.id = any (array(select x.id from ended x)) and o.id = d.id
    returning o.actual_seconds
  ), folded as (
    update outlook_progress p
    set position = greatest(p.position, (select max(n.position) from entry n)), looked_at = now()
    where p.tenant_id = p_tenant
  )
  select (select count(*) from entry), (select count(o.actual_seconds) from outcome o), (
    select coalesce(jsonb_object_agg(g.from_inbox_id, g.count), '{}')
    from (
      select e.from_inbox_id, count(*) as count from entry e
      where e.from_state = 'QUEUED' and (e.to_state <> 'QUEUED' or e.to_inbox_id <> e.from_inbox_id)
      group by e.from_inbox_id) g)
  into entries, filled, left_of;
  has_outcomes := filled > 0;

  for inbox in
    select p.inbox_id as id, p.takes, p.seconds from outlook_paces p
    where p.tenant_id = p_tenant order by p.inbox_id
  loop
    inbox_id := inbox.id;
    takes := inbox.takes;
    seconds := inbox.seconds;
    left_queue := case when elapsed <= 60 then coalesce((left_of ->> inbox.id::text)::integer, 0) else 0 end;
    counted_seconds := 0;
    if elapsed <= 60 then
      -- One probe for each inbox. The order is that of the index conversations_waiting.
      perform 1 from conversations c
      where c.tenant_id = p_tenant and c.inbox_id = inbox.id and c.state = 'QUEUED' and c.waiting_since > '-infinity'
      order by c.is_overdue, c.waiting_since, c.id
      limit 1;
      if found and somebody_is_available(p_tenant, inbox.id) then counted_seconds := elapsed; end if;
    end if;
    return next;
  end loop;
  if inbox_id is null then return next; end if;
end
$$;
