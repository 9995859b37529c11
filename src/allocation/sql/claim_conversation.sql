-- An operator claims a conversation. Sets the tenant itself, so it is one round trip. p_event: an id for the ledger.
-- p_sees_all: whether they see conversations of all inboxes. refusal is null on success, otherwise NOT_FOUND,
-- NOT_SUBSCRIBED, an ineligibility reason of the operator (lock_operator_to_take), VERSION_MISMATCH or WRONG_STATE. The
-- columns met_… describe the conversation as it was under the lock. subscribed: whether the claim has subscribed them
-- to the inbox.
create or replace function claim_conversation(
  p_tenant uuid, p_operator uuid, p_sees_all boolean, p_conversation uuid, p_version integer, p_event uuid)
returns table (refusal text, met_state text, met_operator_id uuid, met_version integer, subscribed boolean,
  details conversation_response)
language plpgsql volatile
as $$
declare
  of_operator text;
  takes boolean;
  met record;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  of_operator := lock_operator_to_take(p_tenant, p_operator);
  -- Callers do not queue up for a waiting conversation. Only one whose row was skipped waits, to learn who has it now.
  perform 1 from conversations c where c.tenant_id = p_tenant and c.id = p_conversation for no key update skip locked;
  met := lock_conversation(p_tenant, p_conversation, p_version, array['QUEUED']);
  takes := may_take_from(p_tenant, p_operator, met.inbox_id);
  refusal := case
    when met.state is null then 'NOT_FOUND'
    when not takes then case
      when p_sees_all or met.operator_id = p_operator then 'NOT_SUBSCRIBED' else 'NOT_FOUND' end
    -- An operator who lost the race is told so first, whatever their other reasons.
    when of_operator is not null then case when met.state <> 'QUEUED' then 'WRONG_STATE' else of_operator end
    when met.refusal is not null then met.refusal
    when is_at_inbox_capacity(p_tenant, p_operator, met.inbox_id) then 'AT_INBOX_CAPACITY' end;
  met_state := met.state;
  met_operator_id := met.operator_id;
  met_version := met.version;
  if refusal is null then
    perform transition_conversations(p_tenant, 'conversation.claimed', array[p_conversation], array[p_event],
      'QUEUED', null, 'ALLOCATED', array[p_operator], 'OPERATOR', array[p_operator::text], array['Picked by the operator']);
    subscribed := subscribe_by_taking(p_tenant, array[p_conversation], array[p_operator]) > 0;
    details := conversation_row(p_tenant, p_conversation);
  end if;
  return next;
end
$$;
