-- The holder accepts a conversation that was distributed to them. Sets the tenant itself, so it is one round trip.
-- Where nothing is to be accepted, nothing changes. refusal is null on success, otherwise as in lock_own_conversation. The
-- columns met_… describe the conversation as it was under the lock.
create or replace function accept_conversation(
  p_tenant uuid, p_operator uuid, p_sees_all boolean, p_conversation uuid, p_version integer, p_event uuid)
returns table (refusal text, met_state text, met_operator_id uuid, met_version integer, details conversation_response)
language plpgsql volatile
as $$
declare
  met record;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  met := lock_own_conversation(p_tenant, p_conversation, p_version, array['ALLOCATED'], p_operator, p_sees_all);
  refusal := met.refusal;
  met_state := met.state;
  met_operator_id := met.operator_id;
  met_version := met.version;
  if refusal is null then
    perform accept_conversations(p_tenant, array[p_conversation], array[p_event], 'OPERATOR', p_operator::text,
      'Accepted by the operator');
    details := conversation_row(p_tenant, p_conversation);
  end if;
  return next;
end
$$;
