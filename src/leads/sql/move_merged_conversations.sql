-- Moves conversations of a merged lead to the other one, as many as p_events has ids for ledger entries, and notes when
-- none is left. Returns their number. The caller has locked both leads.
create or replace function move_merged_conversations(
  p_tenant uuid, p_lead uuid, p_into uuid, p_actor_type text, p_actor text, p_events uuid[])
returns integer
language plpgsql volatile
as $$
declare
  found_ids uuid[];
  moved uuid[];
begin
  found_ids := array(
    select k.id from inboxes i
    cross join lateral (
      select c.id from conversations c
      where c.tenant_id = p_tenant and c.inbox_id = i.id and c.lead_id = p_lead
      limit cardinality(p_events)) k
    where i.tenant_id = p_tenant
    limit cardinality(p_events));
  -- A message may have given one of them another lead meanwhile.
  moved := array(
    select c.id from conversations c
    where c.tenant_id = p_tenant and c.id = any (found_ids) and c.lead_id is not distinct from p_lead
    order by c.external_conversation_id, c.origin_inbox_id
    for no key update);
  if cardinality(moved) > 0 then
    update conversations c set lead_id = p_into where c.tenant_id = p_tenant and c.id = any (moved);
    perform record_in_place(p_tenant, 'conversation.customer_changed', moved, p_events[:cardinality(moved)],
      p_actor_type, p_actor, array_fill('The lead was merged into another one'::text, array[cardinality(moved)]));
  end if;
  if cardinality(found_ids) < cardinality(p_events) then
    update leads l set is_merging = false where l.tenant_id = p_tenant and l.id = p_lead;
  end if;
  return cardinality(moved);
end
$$;
