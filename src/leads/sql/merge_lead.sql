-- Merges a lead into another: their keys, what the other one does not have of name, email and phone, and as many of
-- their conversations as p_events has ids for ledger entries. move_merged_conversations moves what is left. Returns why
-- it cannot be done, or null: NOT_FOUND or MERGED, of which of the two, and where that one went. Lock order: leads by id,
-- then conversations, as messages do; a message that waits for the lead finds the other one.
create or replace function merge_lead(
  p_tenant uuid, p_lead uuid, p_into uuid, p_actor_type text, p_actor text, p_events uuid[])
returns table (refusal text, lead_id uuid, merged_into_id uuid)
language plpgsql volatile
as $$
declare
  found_leads jsonb;
begin
  select jsonb_object_agg(k.id, coalesce(k.merged_into_id::text, '')) into found_leads
  from (
    select l.id, l.merged_into_id from leads l
    where l.tenant_id = p_tenant and l.id = any (array[p_lead, p_into]) and l.erased_at is null
    order by l.id
    for no key update) k;
  select case when f.into_lead is null then 'NOT_FOUND' else 'MERGED' end, u.id, nullif(f.into_lead, '')::uuid
  into refusal, lead_id, merged_into_id
  from unnest(array[p_lead, p_into]) with ordinality as u (id, n)
  cross join lateral (select found_leads ->> u.id::text as into_lead) f
  where f.into_lead is distinct from ''
  order by u.n
  limit 1;
  if refusal is not null then return next; return; end if;

  update lead_keys k set lead_id = p_into where k.tenant_id = p_tenant and k.lead_id = p_lead;
  update leads l
  set external_id = coalesce(l.external_id, o.external_id),
    name = coalesce(l.name, o.name), name_at = case when l.name is null then o.name_at else l.name_at end,
    email = coalesce(l.email, o.email), email_at = case when l.email is null then o.email_at else l.email_at end,
    phone = coalesce(l.phone, o.phone), phone_at = case when l.phone is null then o.phone_at else l.phone_at end,
    phone_key = case when l.phone is null then o.phone_key else l.phone_key end,
    updated_at = now()
  from leads o
  where l.tenant_id = p_tenant and l.id = p_into and o.tenant_id = p_tenant and o.id = p_lead;
  update leads l
  set merged_into_id = p_into, is_merging = true, external_id = null, name = null, name_at = null, email = null,
    email_at = null, phone = null, phone_key = null, phone_at = null, updated_at = now()
  where l.tenant_id = p_tenant and l.id = p_lead;
  perform move_merged_conversations(p_tenant, p_lead, p_into, p_actor_type, p_actor, p_events);
end
$$;
