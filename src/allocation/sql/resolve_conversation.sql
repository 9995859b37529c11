-- Closes a conversation. Sets the tenant itself, so it is one round trip. p_from: the states from which the caller may
-- resolve. p_only_of: null, or the OPERATOR who must see the conversation and hold it. refusal is null on success,
-- otherwise NOT_FOUND, VERSION_MISMATCH, WRONG_STATE or OTHER_HOLDER. The columns met_… describe the conversation as it
-- was under the lock. frees_push: whether this made room for an operator of a push inbox, or for one who becomes
-- OFFLINE when they hold nothing any more (leave_when_idle).
create or replace function resolve_conversation(
  p_tenant uuid, p_conversation uuid, p_version integer, p_from text[], p_only_of uuid, p_event uuid, p_actor_type text,
  p_actor text, p_reason text, p_outcome text default 'HANDLED')
returns table (refusal text, met_state text, met_operator_id uuid, met_version integer, frees_push boolean,
  details conversation_response)
language plpgsql volatile
as $$
declare
  met record;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  met := lock_conversation(p_tenant, p_conversation, p_version, p_from);
  refusal := case
    when p_only_of is null or met.operator_id = p_only_of then met.refusal
    when not may_take_from(p_tenant, p_only_of, met.inbox_id) then 'NOT_FOUND'
    else coalesce(met.refusal, 'OTHER_HOLDER') end;
  met_state := met.state;
  met_operator_id := met.operator_id;
  met_version := met.version;
  if refusal is null then
    perform transition_conversations(p_tenant, 'conversation.resolved', array[p_conversation], array[p_event],
      met.state, array[met.operator_id], 'RESOLVED', null, p_actor_type, array[p_actor], array[p_reason],
      p_outcome => p_outcome);
    if met.operator_id is not null then
      frees_push := exists (
        select 1 from operators o
        where o.tenant_id = p_tenant and o.id = met.operator_id and o.next_status is not null
        union all
        select 1 from subscriptions s
        join inboxes i on i.tenant_id = p_tenant and i.id = s.inbox_id and i.distribution <> 'PULL'
        where s.tenant_id = p_tenant and s.operator_id = met.operator_id and s.weight > 0);
    end if;
    details := conversation_row(p_tenant, p_conversation);
  end if;
  return next;
end
$$;
