-- Locks an ALLOCATED conversation for something that only its holder may do, and returns it as it is under the lock.
-- refusal is as in lock_conversation, or OTHER_HOLDER. p_sees_all: whether they see conversations of all inboxes. What
-- the service took from them meanwhile is WRONG_STATE, so that they hear who has it now.
create or replace function lock_as_holder(
  p_tenant uuid, p_operator uuid, p_sees_all boolean, p_conversation uuid, p_version integer,
  out refusal text, out state text, out operator_id uuid, out inbox_id uuid, out version integer)
language plpgsql volatile
as $$
declare
  met record;
begin
  met := lock_conversation(p_tenant, p_conversation, p_version, array['ALLOCATED']);
  state := met.state;
  operator_id := met.operator_id;
  inbox_id := met.inbox_id;
  version := met.version;
  refusal := case
    when met.operator_id = p_operator then met.refusal
    when not p_sees_all and not may_take_from(p_tenant, p_operator, met.inbox_id) then 'NOT_FOUND'
    when met.refusal is not null then met.refusal
    when exists (
      select 1 from conversation_events e
      where e.tenant_id = p_tenant and e.conversation_id = p_conversation and e.from_operator_id = p_operator
        and e.to_operator_id is distinct from p_operator and e.actor_type = 'SYSTEM') then 'WRONG_STATE'
    else 'OTHER_HOLDER' end;
end
$$;
