-- The number of waiting conversations of each inbox. Inboxes that never had one are missing.
create or replace function current_queue_depths(p_tenant uuid)
returns table (inbox_id uuid, depth integer)
language plpgsql stable
as $$
#variable_conflict use_column
begin
  return query
  select d.inbox_id, sum(d.depth)::integer
  from (
    select q.inbox_id, q.depth from queue_depths q where q.tenant_id = p_tenant
    union all
    select c.inbox_id, c.change from unfolded_events(p_tenant) e cross join lateral queue_changes_of(
      e.from_state, e.from_inbox_id, e.to_state, e.to_inbox_id) c
  ) d
  group by d.inbox_id;
end
$$;
