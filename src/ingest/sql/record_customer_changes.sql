-- Records that the number, the address or the lead of known conversations changed: in the ledger without the values, and
-- in their version. The arrays correspond by position: conversation, entry of the ledger, and what it had before. The
-- caller has locked the conversations and stored the new values. A former number still finds its conversation.
create or replace function record_customer_changes(
  p_tenant uuid, p_service text, p_conversations uuid[], p_events uuid[], p_phone_keys text[], p_addresses text[],
  p_leads uuid[])
returns void
language plpgsql volatile
as $$
begin
  insert into former_phone_keys (tenant_id, phone_key, conversation_id)
  select p_tenant, e.phone_key, e.id
  from unnest(p_conversations, p_phone_keys) as e (id, phone_key)
  cross join lateral (
    select c.phone_key from conversations c where c.tenant_id = p_tenant and c.id = e.id offset 0) c
  where e.phone_key <> c.phone_key
  on conflict do nothing;

  with changed as (
    update conversations c
    set version = c.version + 1, last_event_id = e.event_id, updated_at = now()
    from unnest(p_conversations, p_events, p_phone_keys, p_addresses, p_leads)
      as e (id, event_id, phone_key, address, lead_id)
    where c.tenant_id = p_tenant and c.id = any (p_conversations) and c.id = e.id
    returning c.id, c.inbox_id, c.external_conversation_id, c.version, c.state, c.assigned_operator_id, e.event_id,
      array_to_string(array_remove(array[
        case when c.phone_key is distinct from e.phone_key then 'number' end,
        case when c.customer_address is distinct from e.address then 'address' end,
        case when c.lead_id is distinct from e.lead_id then 'lead' end], null), ', ') as what
  ), entry as (
    insert into conversation_events (tenant_id, id, type, conversation_id, inbox_id, external_conversation_id, version,
      actor_type, actor_id, reason, from_state, from_operator_id, from_inbox_id, to_state, to_operator_id, to_inbox_id)
    select p_tenant, c.event_id, 'conversation.customer_changed', c.id, c.inbox_id, c.external_conversation_id, c.version,
      'SERVICE', p_service, 'Changed of the customer: ' || c.what, c.state, c.assigned_operator_id, c.inbox_id, c.state,
      c.assigned_operator_id, c.inbox_id
    from changed c
  )
  insert into feed_backlog (tenant_id, id, event_ids) values (p_tenant, p_events[1], p_events);
end
$$;
