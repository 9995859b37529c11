-- The same as queue_heads, without the stored keys. Among conversations with the same message count and no boost of
-- their own the one that waits longest comes first, whatever the weights. So it reads from the highest count down. It
-- stops in an inbox when it has as many rows as asked for that are at least as urgent as any conversation with fewer
-- messages can be. If that many rows of one count began to wait before a moment, it leaves out rows with fewer messages
-- that began to wait after it. Of those with a boost of their own it reads all.
create or replace function heads_by_count(
  p_settings priority_settings, p_inboxes uuid[], p_depths integer[], p_as_of timestamptz)
returns table (id uuid, inbox_id uuid, urgency double precision, basis_at timestamptz)
language plpgsql stable
as $$
#variable_conflict use_column
begin
  return query
  with recursive longest as materialized (
    select queue_urgency(p_settings, 0, 0, least(
      (select c.basis_at from conversations c
        where c.tenant_id = p_settings.tenant_id and c.saturated = false and c.basis_at is not null
        order by c.basis_at limit 1),
      (select c.basis_at from conversations c
        where c.tenant_id = p_settings.tenant_id and c.saturated = true and c.basis_at is not null
        order by c.basis_at limit 1)), p_as_of) as urgency
  ), of_count as (
    select i.inbox_id, i.depth, 2147483647 as message_count, '{}'::uuid[] as ids, '{}'::timestamptz[] as basis_ats,
      '-Infinity'::double precision as enough, 'infinity'::timestamptz as waiting_before
    from unnest(p_inboxes, p_depths) as i (inbox_id, depth)
    union all
    select b.inbox_id, b.depth, n.message_count, n.ids, n.basis_ats,
      case when n.rows < b.depth then b.enough
        else greatest(b.enough, queue_urgency(p_settings, n.message_count, 0, n.last_basis_at, p_as_of)) end,
      case when n.rows < b.depth then b.waiting_before else least(b.waiting_before, n.last_basis_at) end
    from of_count b
    cross join lateral (
      select f.message_count, count(*) as rows, max(f.basis_at) as last_basis_at,
        array_agg(f.id) filter (where f.basis_at <= b.waiting_before) as ids,
        array_agg(f.basis_at) filter (where f.basis_at <= b.waiting_before) as basis_ats
      from (
        select c.waiting_message_count as message_count, c.id, c.basis_at from conversations c
        where c.tenant_id = p_settings.tenant_id and c.inbox_id = b.inbox_id
          and c.waiting_message_count < b.message_count and c.waiting_message_count > -1 and c.basis_at is not null
          and c.boost_minutes = 0
        order by c.waiting_message_count desc, c.basis_at, c.id
        limit b.depth
      ) f
      group by f.message_count
      order by f.message_count desc
      limit 1
    ) n
    where queue_bonus(p_settings, b.message_count - 1) + (select l.urgency from longest l) >= b.enough
  )
  select r.id, o.inbox_id,
    queue_urgency(p_settings, o.message_count, inbox_boost(p_settings, o.inbox_id), r.basis_at, p_as_of), r.basis_at
  from of_count o
  cross join lateral unnest(o.ids, o.basis_ats) as r (id, basis_at)
  union all
  select b.id, i.inbox_id, queue_urgency(p_settings, b.waiting_message_count,
    b.boost_minutes + inbox_boost(p_settings, i.inbox_id), b.basis_at, p_as_of), b.basis_at
  from unnest(p_inboxes) as i (inbox_id)
  -- The ORDER BY names the index to use.
  cross join lateral (
    select c.id, c.waiting_message_count, c.boost_minutes, c.basis_at from conversations c
    where c.tenant_id = p_settings.tenant_id and c.inbox_id = i.inbox_id and c.boost_minutes <> 0
      and c.basis_at is not null
    order by c.boost_minutes
    offset 0) b;
end
$$;
