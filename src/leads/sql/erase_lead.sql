-- Erases a lead and as many of their conversations as p_events has ids for ledger entries. When more are left, the lead
-- stays, and the caller commits and calls again. Returns why it cannot be done (NOT_FOUND, or MERGED and into which lead),
-- whether conversations are left, and the counts by kind. Lock order as in merge_lead: leads by id, their keys, then
-- conversations. A message that waits for the lead finds that it is gone, and begins a new one.
create or replace function erase_lead(
  p_tenant uuid, p_lead uuid, p_actor_type text, p_actor text, p_events uuid[])
returns table (refusal text, merged_into_id uuid, is_left boolean, erased jsonb)
language plpgsql volatile
as $$
declare
  lead record;
  whole uuid[];
  most integer := cardinality(p_events);
  found_ids uuid[];
  locked uuid[];
begin
  select l.merged_into_id, l.erased_at into lead
  from leads l where l.tenant_id = p_tenant and l.id = p_lead
  for no key update;
  if not found or lead.erased_at is not null or lead.merged_into_id is not null then
    refusal := case when found and lead.erased_at is null then 'MERGED' else 'NOT_FOUND' end;
    merged_into_id := lead.merged_into_id;
    return next;
    return;
  end if;

  whole := leads_merged_into(p_tenant, p_lead);
  found_ids := conversations_of_leads(p_tenant, whole, most + 1);
  is_left := cardinality(found_ids) > most;
  if not is_left then erased := erase_lead_rows(p_tenant, array[p_lead]); end if;
  -- A message may have given one of them another lead meanwhile.
  locked := array(
    select c.id from conversations c
    where c.tenant_id = p_tenant and c.id = any (found_ids[:most]) and c.lead_id = any (whole)
    order by c.external_conversation_id, c.origin_inbox_id
    for no key update);
  erased := jsonb_build_array(erased, erase_conversations(p_tenant, locked, p_events, p_actor_type, p_actor));
  return next;
end
$$;
