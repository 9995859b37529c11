-- Erases what the ledger has of erased conversations: their external id, and reasons that people wrote. Transitions
-- stay. Returns the number of entries. The application may only read and add entries; this changes them with a role that
-- may, for the tenant of the transaction, and only for conversations that are erased.
create or replace function erase_ledger_texts(p_tenant uuid, p_conversations uuid[])
returns integer
language plpgsql volatile security definer
set search_path = public, pg_temp
as $$
declare
  erased integer;
begin
  if p_tenant is distinct from nullif(current_setting('app.tenant_id', true), '')::uuid then return 0; end if;
  update conversation_events e
  set external_conversation_id = erased_thread(e.conversation_id),
    reason = case
      when e.type in ('conversation.returned', 'conversation.transferred', 'conversation.boosted', 'conversation.resolved')
        then 'Erased with the customer'
      else e.reason end
  where e.tenant_id = p_tenant and e.conversation_id = any (array(
    select c.id from conversations c
    where c.tenant_id = p_tenant and c.id = any (p_conversations)
      -- "=" would allow the index of threads, too.
      and c.external_conversation_id is not distinct from erased_thread(c.id)));
  get diagnostics erased = row_count;
  return erased;
end
$$;
