-- Locks a conversation for a transition and returns it as it is under the lock. refusal: NOT_FOUND (state is null
-- then), VERSION_MISMATCH when its version is not p_version (null: any version), or WRONG_STATE when its state is not
-- in p_from.
create or replace function lock_conversation(
  p_tenant uuid, p_conversation uuid, p_version integer, p_from text[],
  out refusal text, out state text, out operator_id uuid, out inbox_id uuid, out version integer)
language plpgsql volatile
as $$
begin
  select c.state, c.assigned_operator_id, c.inbox_id, c.version into state, operator_id, inbox_id, version
  from conversations c where c.tenant_id = p_tenant and c.id = p_conversation
  for no key update;
  refusal := case
    when state is null then 'NOT_FOUND'
    when version <> p_version then 'VERSION_MISMATCH'
    when state <> all (p_from) then 'WRONG_STATE' end;
end
$$;
