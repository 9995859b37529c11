-- Sets the availability of an operator with its reason and the status that comes next, and records it in the ledger and
-- the feed. The time of the last change stays where only the reason or the next status changes. p_why: the reason in the
-- ledger. The caller has locked the operator, and starts or ends grace periods where the change asks for it.
create or replace function change_availability(
  p_tenant uuid, p_operator uuid, p_availability text, p_reason text, p_next text, p_event uuid, p_actor_type text,
  p_actor text, p_why text)
returns void
language plpgsql volatile
as $$
declare
  -- A variable: Citus allows no now() inside of a CASE.
  moment constant timestamptz := now();
begin
  update operators o
  set availability = p_availability, status_reason = p_reason, next_status = p_next, updated_at = moment,
    last_status_change_at = case when o.availability = p_availability then o.last_status_change_at else moment end
  where o.tenant_id = p_tenant and o.id = p_operator;
  insert into conversation_events (tenant_id, id, type, actor_type, actor_id, reason, from_operator_id, to_operator_id)
  values (p_tenant, p_event, 'operator.' || lower(p_availability), p_actor_type, p_actor, p_why, p_operator, p_operator);
  insert into feed_backlog (tenant_id, id, event_ids) values (p_tenant, p_event, array[p_event]);
end
$$;
