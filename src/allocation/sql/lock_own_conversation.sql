-- Locks a conversation for a transition that only its holder may start, as lock_conversation. refusal: also OTHER_HOLDER,
-- or NOT_FOUND where the caller may not see it. p_sees_all: whether they see conversations of all inboxes.
create or replace function lock_own_conversation(
  p_tenant uuid, p_conversation uuid, p_version integer, p_from text[], p_holder uuid, p_sees_all boolean,
  out refusal text, out state text, out operator_id uuid, out inbox_id uuid, out version integer)
language plpgsql volatile
as $$
declare
  met record;
begin
  met := lock_conversation(p_tenant, p_conversation, p_version, p_from);
  refusal := case
    when met.operator_id = p_holder then met.refusal
    when not p_sees_all and not may_take_from(p_tenant, p_holder, met.inbox_id) then 'NOT_FOUND'
    else coalesce(met.refusal, 'OTHER_HOLDER') end;
  state := met.state;
  operator_id := met.operator_id;
  inbox_id := met.inbox_id;
  version := met.version;
end
$$;
