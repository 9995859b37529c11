-- Conversations that were parked count towards the load of their holders again, and their deadline ends. The arrays
-- correspond by position: conversation, entry of the ledger. The caller has locked the conversations, and has seen that
-- they are parked.
create or replace function unpark_conversations(
  p_tenant uuid, p_conversations uuid[], p_events uuid[], p_actor_type text, p_actor text, p_reason text)
returns void
language plpgsql volatile
as $$
begin
  update conversations c set is_parked = false where c.tenant_id = p_tenant and c.id = any (p_conversations);
  -- As in accept_conversations.
  delete from deadlines d
  where d.tenant_id = p_tenant and d.conversation_id = any (p_conversations) and d.kind is not distinct from 'PARK';
  perform record_in_place(p_tenant, 'conversation.unparked', p_conversations, p_events, p_actor_type, p_actor,
    array_fill(p_reason, array[cardinality(p_conversations)]));
end
$$;
