-- A supervisor or a service gives a conversation of any state to an operator. The caller has locked the operator and
-- read their reasons (lock_operator_reasons). Giving it to its holder again changes nothing. refusal is null on success,
-- otherwise as in lock_conversation. The columns met_… describe the conversation as it was under the lock.
create or replace function reassign_conversation(
  p_tenant uuid, p_conversation uuid, p_version integer, p_from text[], p_event uuid, p_actor_type text, p_actor text,
  p_operator uuid, p_reason text)
returns table (refusal text, met_state text, met_operator_id uuid, met_version integer, details conversation_response)
language plpgsql volatile
as $$
declare
  met record;
begin
  met := lock_conversation(p_tenant, p_conversation, p_version, p_from);
  refusal := met.refusal;
  met_state := met.state;
  met_operator_id := met.operator_id;
  met_version := met.version;
  if refusal is null then
    if met.operator_id is distinct from p_operator then
      perform transition_conversations(p_tenant, 'conversation.reassigned', array[p_conversation], array[p_event],
        met.state, array[met.operator_id], 'ALLOCATED', array[p_operator], p_actor_type, array[p_actor], array[p_reason]);
    end if;
    details := conversation_row(p_tenant, p_conversation);
  end if;
  return next;
end
$$;
