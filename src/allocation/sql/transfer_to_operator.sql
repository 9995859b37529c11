-- The holder hands a conversation over to another operator, who must be able to take one more (ineligibility_reasons, as
-- for a claim). Sets the tenant itself, so it is one round trip. refusal is null on success; otherwise HAND_OVER_OFF, as
-- in lock_own_conversation, or of the receiver: OPERATOR_NOT_FOUND, NOT_SUBSCRIBED, or an ineligibility reason. The columns
-- met_… describe the conversation as it was under the lock. subscribed: whether this has subscribed the receiver.
create or replace function transfer_to_operator(
  p_tenant uuid, p_conversation uuid, p_version integer, p_from text[], p_event uuid, p_holder uuid, p_sees_all boolean,
  p_reason text, p_receiver uuid)
returns table (refusal text, met_state text, met_operator_id uuid, met_version integer, subscribed boolean,
  details conversation_response)
language plpgsql volatile
as $$
declare
  of_receiver text;
  met record;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  of_receiver := lock_operator_to_take(p_tenant, p_receiver);
  met := lock_own_conversation(p_tenant, p_conversation, p_version, p_from, p_holder, p_sees_all);
  refusal := case
    when not may_hand_over(p_tenant, p_sees_all) then 'HAND_OVER_OFF'
    when met.refusal is not null then met.refusal
    when of_receiver = 'NOT_FOUND' then 'OPERATOR_NOT_FOUND'
    when of_receiver is not null then of_receiver
    when not may_take_from(p_tenant, p_receiver, met.inbox_id) then 'NOT_SUBSCRIBED'
    when is_at_inbox_capacity(p_tenant, p_receiver, met.inbox_id) then 'AT_INBOX_CAPACITY' end;
  met_state := met.state;
  met_operator_id := met.operator_id;
  met_version := met.version;
  if refusal is null then
    perform transition_conversations(p_tenant, 'conversation.transferred', array[p_conversation], array[p_event],
      met.state, array[met.operator_id], 'ALLOCATED', array[p_receiver], 'OPERATOR', array[p_holder::text],
      array[coalesce(p_reason, 'Handed over by the operator')]);
    subscribed := subscribe_by_taking(p_tenant, array[p_conversation], array[p_receiver]) > 0;
    details := conversation_row(p_tenant, p_conversation);
  end if;
  return next;
end
$$;
