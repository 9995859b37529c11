-- Records that the number, the address or the lead of known conversations changed: in the ledger without the values, and
-- in their version. The arrays correspond by position: conversation, entry of the ledger, and what it had before. The
-- caller has locked the conversations and stored the new values. A former number still finds its conversation.
create or replace function record_customer_changes(
  p_tenant uuid, p_service text, p_conversations uuid[], p_events uuid[], p_phone_keys text[], p_addresses text[],
  p_leads uuid[])
returns void
language plpgsql volatile
as $$
declare
  reasons text[];
begin
  select array_agg('Changed of the customer: ' || array_to_string(array_remove(array[
    case when c.phone_key is distinct from e.phone_key then 'number' end,
    case when c.customer_address is distinct from e.address then 'address' end,
    case when c.lead_id is distinct from e.lead_id then 'lead' end], null), ', ') order by e.n)
  into reasons
  from unnest(p_conversations, p_phone_keys, p_addresses, p_leads)
    with ordinality as e (id, phone_key, address, lead_id, n)
  cross join lateral (
    select k.phone_key, k.customer_address, k.lead_id from conversations k
    where k.tenant_id = p_tenant and k.id = e.id offset 0) c;

  insert into former_phone_keys (tenant_id, phone_key, conversation_id)
  select p_tenant, e.phone_key, e.id
  from unnest(p_conversations, p_phone_keys) as e (id, phone_key)
  cross join lateral (
    select k.phone_key from conversations k where k.tenant_id = p_tenant and k.id = e.id offset 0) c
  where e.phone_key <> c.phone_key
  on conflict do nothing;

  -- The former lead may have no conversation any more. Retention looks.
  insert into left_leads (tenant_id, lead_id)
  select distinct p_tenant, e.lead_id
  from unnest(p_conversations, p_leads) as e (id, lead_id)
  cross join lateral (
    select k.lead_id from conversations k where k.tenant_id = p_tenant and k.id = e.id offset 0) c
  where e.lead_id <> c.lead_id
  order by e.lead_id
  on conflict (tenant_id, lead_id) do update set left_at = excluded.left_at;

  perform record_in_place(p_tenant, 'conversation.customer_changed', p_conversations, p_events, 'SERVICE', p_service,
    reasons);
end
$$;
