-- The holder unparks a conversation, even when they are at capacity. One that is not parked stays as it is. Sets the
-- tenant itself, so it is one round trip. refusal is null on success, otherwise as in lock_own_conversation. The columns met_…
-- describe the conversation as it was under the lock.
create or replace function unpark_conversation(
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
    if (select c.is_parked from conversations c where c.tenant_id = p_tenant and c.id = p_conversation) then
      perform unpark_conversations(p_tenant, array[p_conversation], array[p_event], 'OPERATOR', p_operator::text,
        'Unparked by the operator');
    end if;
    details := conversation_row(p_tenant, p_conversation);
  end if;
  return next;
end
$$;
