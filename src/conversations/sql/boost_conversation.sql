-- Sets the boost of a conversation of any state. The same minutes again change nothing. The caller shares the ranking
-- (share_ranking). refusal is null on success, otherwise as in lock_conversation. The columns met_… describe the
-- conversation as it was under the lock.
create or replace function boost_conversation(
  p_tenant uuid, p_conversation uuid, p_version integer, p_from text[], p_event uuid, p_actor_type text, p_actor text,
  p_minutes integer, p_reason text)
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
    perform boost_conversations(p_tenant, array[p_conversation], array[p_event], array[p_minutes], p_actor_type, p_actor,
      array[p_reason]);
    details := conversation_row(p_tenant, p_conversation);
  end if;
  return next;
end
$$;
