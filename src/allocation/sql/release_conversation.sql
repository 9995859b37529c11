-- The holder gives a conversation back to the queue, with the age it had, and is not given it again for a while
-- (decline_conversations). Sets the tenant itself, so it is one round trip. refusal is null on success, otherwise
-- HAND_OVER_OFF or as in lock_own_conversation. The columns met_… describe the conversation as it was under the lock.
create or replace function release_conversation(
  p_tenant uuid, p_conversation uuid, p_version integer, p_from text[], p_event uuid, p_holder uuid, p_sees_all boolean,
  p_reason text)
returns table (refusal text, met_state text, met_operator_id uuid, met_version integer, details conversation_response)
language plpgsql volatile
as $$
declare
  met record;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  perform share_ranking(p_tenant);
  met := lock_own_conversation(p_tenant, p_conversation, p_version, p_from, p_holder, p_sees_all);
  refusal := case when not may_hand_over(p_tenant, p_sees_all) then 'HAND_OVER_OFF' else met.refusal end;
  met_state := met.state;
  met_operator_id := met.operator_id;
  met_version := met.version;
  if refusal is null then
    perform transition_conversations(p_tenant, 'conversation.returned', array[p_conversation], array[p_event],
      met.state, array[met.operator_id], 'QUEUED', null, 'OPERATOR', array[p_holder::text],
      array[coalesce(p_reason, 'Given back by the operator')]);
    perform decline_conversations(p_tenant, array[p_conversation], array[p_holder], false);
    details := conversation_row(p_tenant, p_conversation);
  end if;
  return next;
end
$$;
