-- Copies the last messages of conversations to their labels, whose lists have this order. The caller has locked the
-- conversations in an earlier statement, so this one sees every label that was attached before. Conversations without
-- labels are not written.
create or replace function copy_last_messages(p_tenant uuid, p_conversations uuid[])
returns void
language plpgsql volatile
as $$
begin
  -- The order is that of change_labels.
  perform 1 from conversation_labels a
  where a.tenant_id = p_tenant and a.conversation_id = any (p_conversations)
  order by a.conversation_id, a.label_id
  for no key update;
  if found then
    update conversation_labels a
    set last_message_at = (
      select c.last_message_at from conversations c where c.tenant_id = p_tenant and c.id = a.conversation_id)
    where a.tenant_id = p_tenant and a.conversation_id = any (p_conversations);
  end if;
end
$$;
