-- A supervisor or a service moves a conversation to another inbox. The holder keeps it if they may take from that inbox;
-- otherwise it returns to the queue. A move to the inbox it is in changes nothing. The caller shares the ranking
-- (share_ranking). refusal is null on success, otherwise as in lock_conversation. The columns met_… describe the
-- conversation as it was under the lock.
create or replace function move_conversation(
  p_tenant uuid, p_conversation uuid, p_version integer, p_from text[], p_event uuid, p_actor_type text, p_actor text,
  p_inbox uuid, p_reason text)
returns table (refusal text, met_state text, met_operator_id uuid, met_version integer)
language plpgsql volatile
as $$
declare
  met record;
  keeps boolean;
begin
  met := lock_conversation(p_tenant, p_conversation, p_version, p_from);
  refusal := met.refusal;
  met_state := met.state;
  met_operator_id := met.operator_id;
  met_version := met.version;
  if refusal is null and met.inbox_id <> p_inbox then
    keeps := met.state <> 'ALLOCATED' or may_take_from(p_tenant, met.operator_id, p_inbox);
    perform transition_conversations(p_tenant, 'conversation.moved', array[p_conversation], array[p_event],
      met.state, array[met.operator_id], case when keeps then met.state else 'QUEUED' end,
      case when keeps then array[met.operator_id] end, p_actor_type, array[p_actor], array[p_reason], null,
      met.inbox_id, p_inbox);
  end if;
  return next;
end
$$;
