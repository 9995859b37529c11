-- For each inbox in which something waits, the conversation that waits longest, and how many wait longer than the target
-- of the inbox, counted up to p_most; null without a target. Without sorts only the index conversations_waiting has the
-- order.
create or replace function waits_of_inboxes(p_tenant uuid, p_most integer)
returns table (inbox_id uuid, conversation_id uuid, waiting_since timestamptz, over_target integer)
language plpgsql stable
set enable_sort = off
as $$
begin
  return query
  select i.id, w.id, w.waiting_since, case when i.wait_target_seconds is not null then (
    select count(*)::integer
    from (
      select 1
      from (values (false), (true)) v (is_overdue)
      cross join lateral (
        select 1 from conversations c
        where c.tenant_id = p_tenant and c.inbox_id = i.id and c.state = 'QUEUED' and c.is_overdue = v.is_overdue
          and c.waiting_since > '-infinity' and c.waiting_since < now() - i.wait_target_seconds * interval '1 second'
        order by c.waiting_since
        limit p_most) c
      limit p_most) l) end
  from inboxes i
  cross join lateral (
    select e.id, e.waiting_since
    from (values (false), (true)) v (is_overdue)
    cross join lateral (
      select c.id, c.waiting_since from conversations c
      where c.tenant_id = p_tenant and c.inbox_id = i.id and c.state = 'QUEUED' and c.is_overdue = v.is_overdue
        and c.waiting_since > '-infinity'
      order by c.waiting_since, c.id
      limit 1) e
    order by e.waiting_since, e.id
    limit 1) w
  where i.tenant_id = p_tenant;
end
$$;
