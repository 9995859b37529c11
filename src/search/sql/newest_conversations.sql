-- Conversations after a position in the order of activity, newest first, for a search that looks at one after the other:
-- about p_most, and whether the caller may see each. Of few inboxes it reads those only: the same number from each range
-- of the index (a state of an inbox, and what p_operator holds elsewhere). It ends where the first range has more,
-- because from there on they would not be complete. Of many inboxes it reads all of the tenant, as for p_inboxes null.
create or replace function newest_conversations(
  p_tenant uuid, p_inboxes uuid[], p_operator uuid, p_before timestamptz, p_before_id uuid, p_most integer)
returns table (id uuid, last_message_at timestamptz, is_visible boolean)
language plpgsql stable
as $$
#variable_conflict use_column
declare
  few constant integer := 40;
  per_range constant integer := p_most / greatest(cardinality(p_inboxes), 1) + 8;
begin
  if p_inboxes is null then
    -- The index has all that is needed.
    return query
    select r.id, r.last_message_at, true
    from unnest(array['QUEUED', 'ALLOCATED', 'RESOLVED']) as s (state)
    cross join lateral (
      select c.id, c.last_message_at from conversations c
      where c.tenant_id = p_tenant and c.state = s.state and c.last_message_at > '-infinity'
        and (c.last_message_at, c.id) < (p_before, p_before_id)
      order by c.last_message_at desc, c.id desc
      limit p_most) r
    order by r.last_message_at desc, r.id desc
    limit p_most;
    return;
  end if;

  if cardinality(p_inboxes) > few then
    return query
    select r.id, r.last_message_at,
      (r.inbox_id in (select u.id from unnest(p_inboxes) as u (id))) is true
        or r.assigned_operator_id is not distinct from p_operator
    from unnest(array['QUEUED', 'ALLOCATED', 'RESOLVED']) as s (state)
    cross join lateral (
      select c.id, c.last_message_at, c.inbox_id, c.assigned_operator_id from conversations c
      where c.tenant_id = p_tenant and c.state = s.state and c.last_message_at > '-infinity'
        and (c.last_message_at, c.id) < (p_before, p_before_id)
      order by c.last_message_at desc, c.id desc
      limit p_most) r
    order by r.last_message_at desc, r.id desc
    limit p_most;
    return;
  end if;

  return query
  with seen as materialized (
    select r.id, r.last_message_at, r.n
    from unnest(p_inboxes) as i (inbox_id)
    cross join unnest(array['QUEUED', 'ALLOCATED', 'RESOLVED']) as s (state)
    cross join lateral (
      select c.id, c.last_message_at, row_number() over (order by c.last_message_at desc, c.id desc) as n
      from conversations c
      where c.tenant_id = p_tenant and c.inbox_id = i.inbox_id and c.state = s.state and c.last_message_at > '-infinity'
        and (c.last_message_at, c.id) < (p_before, p_before_id)
      order by c.last_message_at desc, c.id desc
      limit per_range) r
    union all
    (select c.id, c.last_message_at, row_number() over (order by c.last_message_at desc, c.id desc)
    from conversations c
    where c.tenant_id = p_tenant and c.assigned_operator_id = p_operator and c.state = 'ALLOCATED'
      and c.inbox_id <> all (p_inboxes) and (c.last_message_at, c.id) < (p_before, p_before_id)
    order by c.last_message_at desc, c.id desc
    limit per_range)
  ), ending as (
    select f.last_message_at, f.id from seen f
    where f.n = per_range
    order by f.last_message_at desc, f.id desc
    limit 1
  )
  select r.id, r.last_message_at, true
  from seen r
  where not exists (select 1 from ending l where (r.last_message_at, r.id) < (l.last_message_at, l.id))
  order by r.last_message_at desc, r.id desc;
end
$$;
