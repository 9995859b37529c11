-- The ledger entries that are not folded yet: those after the folded feed position, and those without a position.
-- OFFSET 0 keeps the planner on the index of the ledger, whatever row count it expects, and the upper bound on that of
-- the feed: of a range with two ends it expects little, of one with a single end a third of the table. The coalesce is
-- inside because row-level security prevents the planner from moving it there.
create or replace function unfolded_events(p_tenant uuid)
returns table (
  id uuid, type text, outcome text, occurred_at timestamptz, conversation_id uuid, inbox_id uuid, version integer, from_state text,
  from_operator_id uuid, from_inbox_id uuid, to_state text, to_operator_id uuid, to_inbox_id uuid, waiting_since timestamptz)
language plpgsql stable
as $$
#variable_conflict use_column
begin
  return query
  select e.id, e.type, e.outcome, e.occurred_at, e.conversation_id, e.inbox_id, e.version, e.from_state, e.from_operator_id,
    e.from_inbox_id, e.to_state, e.to_operator_id, e.to_inbox_id, e.waiting_since
  from (
    select p.event_id from feed_positions p
    where p.tenant_id = p_tenant
      and p.position > (select coalesce((select f.position from folded_up_to f where f.tenant_id = p_tenant), 0))
      and p.position < 9223372036854775807
    union all
    select u.id from feed_backlog b cross join lateral unnest(b.event_ids) as u (id)
    where b.tenant_id = p_tenant
    offset 0) n
  cross join lateral (
    select l.* from conversation_events l where l.tenant_id = p_tenant and l.id = n.event_id offset 0) e;
end
$$;
