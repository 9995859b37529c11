-- A supervisor or a service takes a conversation from its operator. The caller shares the ranking (share_ranking).
-- refusal is null on success, otherwise as in lock_conversation. The columns met_… describe the conversation as it was
-- under the lock.
create or replace function deallocate_conversation(
  p_tenant uuid, p_conversation uuid, p_version integer, p_from text[], p_event uuid, p_actor_type text, p_actor text,
  p_reason text)
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
    perform transition_conversations(p_tenant, 'conversation.deallocated', array[p_conversation], array[p_event],
      met.state, array[met.operator_id], 'QUEUED', null, p_actor_type, array[p_actor], array[p_reason]);
    -- A push inbox would give it back at once, perhaps to the same operator.
    if exists (
      select 1 from inboxes i where i.tenant_id = p_tenant and i.id = met.inbox_id and i.distribution <> 'PULL'
    ) then
      perform decline_conversations(p_tenant, array[p_conversation], array[met.operator_id], true);
    end if;
    details := conversation_row(p_tenant, p_conversation);
  end if;
  return next;
end
$$;
