-- The ledger entries from the start of a minute to just before a moment in it. The order by clause selects the index.
create or replace function events_before_in_minute(p_tenant uuid, p_moment timestamptz)
returns table (
  type text, outcome text, occurred_at timestamptz, conversation_id uuid, inbox_id uuid, version integer, from_operator_id uuid,
  to_operator_id uuid)
language plpgsql stable
as $$
#variable_conflict use_column
begin
  return query
  select e.type, e.outcome, e.occurred_at, e.conversation_id, e.inbox_id, e.version, e.from_operator_id, e.to_operator_id
  from conversation_events e
  where e.tenant_id = p_tenant
    and e.occurred_at > '-infinity'
    and e.occurred_at >= date_trunc('minute', p_moment, 'UTC') and e.occurred_at < p_moment
  order by e.occurred_at;
end
$$;
