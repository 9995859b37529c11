-- Records something of conversations that stay where they are: raises their version and writes the ledger and the feed.
-- The arrays correspond by position: conversation, entry of the ledger, reason. The caller has locked the
-- conversations.
create or replace function record_in_place(
  p_tenant uuid, p_type text, p_conversations uuid[], p_events uuid[], p_actor_type text, p_actor text, p_reasons text[])
returns integer
language plpgsql volatile
as $$
declare
  recorded integer;
begin
  with changed as (
    update conversations c
    set version = c.version + 1, last_event_id = e.event_id, updated_at = now()
    from unnest(p_conversations, p_events, p_reasons) as e (id, event_id, reason)
    where c.tenant_id = p_tenant and c.id = any (p_conversations) and c.id = e.id
    returning c.id, c.inbox_id, c.external_conversation_id, c.version, c.state, c.assigned_operator_id, e.event_id, e.reason
  ), entry as (
    insert into conversation_events (tenant_id, id, type, conversation_id, inbox_id, external_conversation_id, version,
      actor_type, actor_id, reason, from_state, from_operator_id, from_inbox_id, to_state, to_operator_id, to_inbox_id)
    select p_tenant, c.event_id, p_type, c.id, c.inbox_id, c.external_conversation_id, c.version, p_actor_type, p_actor,
      c.reason, c.state, c.assigned_operator_id, c.inbox_id, c.state, c.assigned_operator_id, c.inbox_id
    from changed c
  ), feed as (
    insert into feed_backlog (tenant_id, id, event_ids) values (p_tenant, p_events[1], p_events)
  )
  select count(*)::integer into recorded from changed;
  return recorded;
end
$$;
