-- A page of the merged queue of some inboxes by the stored keys. It is valid for FIXED while no change of the weights
-- is being carried out. The parameters and the order are those of queue_page.
create or replace function stored_queue_page(
  p_settings priority_settings, p_inboxes uuid[], p_as_of timestamptz, p_limit integer, p_after_urgency double
  precision, p_after_basis timestamptz, p_after_id uuid)
returns table (id uuid, inbox_id uuid, urgency double precision, basis_at timestamptz)
language plpgsql stable
as $$
#variable_conflict use_column
begin
  return query
  select q.id, q.inbox_id, q.urgency, q.basis_at
  from (
    select queue_cap(p_settings) as cap, epoch_microseconds(p_as_of) as as_of,
      case when queue_cap(p_settings) = 'Infinity' then '-infinity'::timestamptz
        else p_as_of - queue_cap(p_settings) * interval '1 microsecond' end as capped_before
    offset 0
  ) k
  cross join lateral (
    -- Waiting less than the cap: time raises all equally, so the stored key keeps their order.
    select w.*
    from (
      select n.inbox_id, r.raise, p_after_urgency - r.raise as after_key
      from unnest(p_inboxes) as n (inbox_id)
      cross join lateral (
        select k.as_of + queue_boost(p_settings, inbox_boost(p_settings, n.inbox_id)) as raise) r
      offset 0
    ) i
    cross join lateral (
      select c.id, c.inbox_id, c.queue_key + i.raise as urgency, c.basis_at
      from conversations c
      where c.tenant_id = p_settings.tenant_id and c.inbox_id = i.inbox_id and c.state = 'QUEUED' and c.saturated = false
        and c.queue_key <= i.after_key
        and (c.queue_key < i.after_key or (c.basis_at, c.id) > (p_after_basis, p_after_id))
        and (c.basis_at > k.capped_before) is not false
      order by c.queue_key desc, c.basis_at, c.id
      limit p_limit
    ) w
    union all
    -- Past the cap and marked: only the count still distinguishes them.
    select s.*
    from (
      select n.inbox_id, r.raise, p_after_urgency - r.raise as after_key
      from unnest(p_inboxes) as n (inbox_id)
      cross join lateral (
        select k.cap + queue_boost(p_settings, inbox_boost(p_settings, n.inbox_id)) as raise) r
      offset 0
    ) i
    cross join lateral (
      select c.id, c.inbox_id, c.queue_key + i.raise, c.basis_at
      from conversations c
      where c.tenant_id = p_settings.tenant_id and c.inbox_id = i.inbox_id and c.state = 'QUEUED' and c.saturated = true
        and c.queue_key <= i.after_key
        and (c.queue_key < i.after_key or (c.basis_at, c.id) > (p_after_basis, p_after_id))
        and (c.basis_at <= k.capped_before) is not false
      order by c.queue_key desc, c.basis_at, c.id
      limit p_limit
    ) s
    union all
    -- Past the cap, but no sweep has marked them yet. OFFSET 0 keeps the inboxes out of the index condition: by basis
    -- there are few such rows, by inbox it would be the whole queue. The ORDER BY names the index to use.
    select u.id, u.inbox_id, u.queue_key + epoch_microseconds(u.basis_at) + k.cap
      + queue_boost(p_settings, inbox_boost(p_settings, u.inbox_id)), u.basis_at
    from (
      select c.* from conversations c
      where c.tenant_id = p_settings.tenant_id  and c.saturated = false
        and c.basis_at <= k.capped_before
      order by c.basis_at
      offset 0
    ) u
    where u.inbox_id = any (p_inboxes)
    union all
    -- Marked after the reader's first page, in which they still counted as waiting less than the cap.
    select m.id, m.inbox_id, m.queue_key + k.as_of - epoch_microseconds(m.basis_at)
      + queue_boost(p_settings, inbox_boost(p_settings, m.inbox_id)), m.basis_at
    from (
      select c.* from conversations c
      where c.tenant_id = p_settings.tenant_id  and c.saturated = true
        and c.basis_at > k.capped_before
      order by c.basis_at
      offset 0
    ) m
    where m.inbox_id = any (p_inboxes)
  ) q
  where q.urgency < p_after_urgency
    or (q.urgency = p_after_urgency and (q.basis_at, q.id) > (p_after_basis, p_after_id))
  order by q.urgency desc, q.basis_at, q.id
  limit p_limit;
end
$$;
