-- The first rows of the queue of each inbox by the stored keys: p_depths rows that wait less than the cap, as many past
-- the cap, and all rows past it that no sweep has marked yet. It is valid for FIXED while no change of the weights is
-- being carried out. IS NOT FALSE keeps the planner from an index that could answer for basis_at.
create or replace function queue_heads(
  p_settings priority_settings, p_inboxes uuid[], p_depths integer[], p_as_of timestamptz)
returns table (id uuid, inbox_id uuid, urgency double precision, basis_at timestamptz)
language plpgsql stable
as $$
#variable_conflict use_column
begin
  return query
  select q.*
  from (
    select queue_cap(p_settings) as cap, epoch_microseconds(p_as_of) as as_of,
      case when queue_cap(p_settings) = 'Infinity' then '-infinity'::timestamptz
        else p_as_of - queue_cap(p_settings) * interval '1 microsecond' end as capped_before
    offset 0
  ) k
  cross join lateral (
    select w.id, i.inbox_id, w.queue_key + i.raise as urgency, w.basis_at
    from (
      select n.inbox_id, n.depth, k.as_of + queue_boost(p_settings, inbox_boost(p_settings, n.inbox_id)) as raise
      from unnest(p_inboxes, p_depths) as n (inbox_id, depth)
      offset 0
    ) i
    cross join lateral (
      select c.id, c.queue_key, c.basis_at from conversations c
      where c.tenant_id = p_settings.tenant_id and c.inbox_id = i.inbox_id and c.state = 'QUEUED' and c.saturated = false
        and (c.basis_at > k.capped_before) is not false
      order by c.queue_key desc, c.basis_at, c.id
      limit i.depth
    ) w
    union all
    -- A marked row is past the cap, also where p_as_of is a moment older than the mark.
    select s.id, i.inbox_id, s.queue_key + i.raise, s.basis_at
    from (
      select n.inbox_id, n.depth, k.cap + queue_boost(p_settings, inbox_boost(p_settings, n.inbox_id)) as raise
      from unnest(p_inboxes, p_depths) as n (inbox_id, depth)
      offset 0
    ) i
    cross join lateral (
      select c.id, c.queue_key, c.basis_at from conversations c
      where c.tenant_id = p_settings.tenant_id and c.inbox_id = i.inbox_id and c.state = 'QUEUED' and c.saturated = true
      order by c.queue_key desc, c.basis_at, c.id
      limit i.depth
    ) s
    union all
    -- OFFSET 0 keeps the inboxes out of the index condition: by basis there are few such rows, by inbox it would be the
    -- whole queue. The ORDER BY names the index to use.
    select u.id, u.inbox_id, u.queue_key + epoch_microseconds(u.basis_at) + k.cap
      + queue_boost(p_settings, inbox_boost(p_settings, u.inbox_id)), u.basis_at
    from (
      select c.id, c.inbox_id, c.queue_key, c.basis_at from conversations c
      where c.tenant_id = p_settings.tenant_id and c.saturated = false and c.basis_at <= k.capped_before
      order by c.basis_at
      offset 0
    ) u
    where u.inbox_id = any (p_inboxes)
  ) q;
end
$$;
