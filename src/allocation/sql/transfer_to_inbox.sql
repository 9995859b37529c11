-- The holder hands a conversation over to an inbox, in whose queue it waits with the age it had. They are not given it
-- again for a while (decline_conversations). The caller shares the ranking (share_ranking) and exchanges the labels.
-- refusal is null on success, otherwise HAND_OVER_OFF, INBOX_NOT_FOUND, INBOX_INACTIVE or as in lock_own_conversation. The columns met_…
-- describe the conversation as it was under the lock.
create or replace function transfer_to_inbox(
  p_tenant uuid, p_conversation uuid, p_version integer, p_from text[], p_event uuid, p_holder uuid, p_sees_all boolean,
  p_reason text, p_inbox uuid)
returns table (refusal text, met_state text, met_operator_id uuid, met_version integer)
language plpgsql volatile
as $$
declare
  met record;
begin
  met := lock_own_conversation(p_tenant, p_conversation, p_version, p_from, p_holder, p_sees_all);
  refusal := case
    when not may_hand_over(p_tenant, p_sees_all) then 'HAND_OVER_OFF'
    when met.refusal is not null then met.refusal
    when not exists (select 1 from inboxes i where i.tenant_id = p_tenant and i.id = p_inbox) then 'INBOX_NOT_FOUND'
    when not exists (select 1 from inboxes i where i.tenant_id = p_tenant and i.id = p_inbox and i.is_active)
      then 'INBOX_INACTIVE' end;
  met_state := met.state;
  met_operator_id := met.operator_id;
  met_version := met.version;
  if refusal is null then
    perform transition_conversations(p_tenant, 'conversation.transferred', array[p_conversation], array[p_event],
      met.state, array[met.operator_id], 'QUEUED', null, 'OPERATOR', array[p_holder::text],
      array[coalesce(p_reason, 'Handed over by the operator')], null, met.inbox_id, p_inbox);
    perform decline_conversations(p_tenant, array[p_conversation], array[p_holder], false);
  end if;
  return next;
end
$$;
