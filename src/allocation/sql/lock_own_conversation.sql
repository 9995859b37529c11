-- Locks a conversation for something that only its holder may do, and returns it as it is under the lock. refusal: as in
-- lock_conversation, NOT_FOUND where the caller may not see it, or OTHER_HOLDER. What the service took from the caller
-- meanwhile is WRONG_STATE, so that they hear who has it now. p_sees_all: whether they see conversations of all inboxes.
create or replace function lock_own_conversation(
  p_tenant uuid, p_conversation uuid, p_version integer, p_from text[], p_holder uuid, p_sees_all boolean,
  out refusal text, out state text, out operator_id uuid, out inbox_id uuid, out version integer)
language plpgsql volatile
as $$
declare
  met record;
begin
  met := lock_conversation(p_tenant, p_conversation, p_version, p_from);
  state := met.state;
  operator_id := met.operator_id;
  inbox_id := met.inbox_id;
  version := met.version;
  refusal := case
    when met.operator_id = p_holder then met.refusal
    when not p_sees_all and not may_take_from(p_tenant, p_holder, met.inbox_id) then 'NOT_FOUND'
    when met.refusal is not null then met.refusal
    when exists (
      select 1 from conversation_events e
      where e.tenant_id = p_tenant and e.conversation_id = p_conversation and e.from_operator_id = p_holder
        and e.to_operator_id is distinct from p_holder and e.actor_type = 'SYSTEM') then 'WRONG_STATE'
    else 'OTHER_HOLDER' end;
end
$$;
