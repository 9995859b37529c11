-- Changes fields of a lead, those that p_changes has: {name, email, emailKey, phone, phoneKey}; null clears one. The lead
-- is then known by the new number and address instead of those it showed, unless they are another lead's. Returns why it
-- cannot be done, or null: NOT_FOUND, or MERGED and into which lead. Lock order as in join_leads.
create or replace function change_lead(p_tenant uuid, p_lead uuid, p_changes jsonb)
returns table (refusal text, merged_into_id uuid)
language plpgsql volatile
as $$
declare
  lead record;
  -- A variable: Citus allows no now() inside of a CASE.
  moment constant timestamptz := now();
begin
  insert into lead_keys (tenant_id, kind, key, lead_id)
  select p_tenant, u.kind, u.key, p_lead
  from (values ('ADDRESS', p_changes ->> 'emailKey'), ('PHONE', p_changes ->> 'phoneKey')) as u (kind, key)
  where u.key is not null
  order by u.kind
  on conflict do nothing;

  select l.merged_into_id, l.erased_at, l.email, l.phone_key into lead
  from leads l where l.tenant_id = p_tenant and l.id = p_lead
  for no key update;
  if not found or lead.erased_at is not null or lead.merged_into_id is not null then
    refusal := case when found and lead.erased_at is null then 'MERGED' else 'NOT_FOUND' end;
    merged_into_id := lead.merged_into_id;
    return next;
    return;
  end if;

  delete from lead_keys k
  where k.tenant_id = p_tenant and k.lead_id = p_lead and (
    p_changes ? 'email' and k.kind = 'ADDRESS' and k.key = lower(lead.email)
      and k.key is distinct from p_changes ->> 'emailKey'
    or p_changes ? 'phone' and k.kind = 'PHONE' and k.key = lead.phone_key
      and k.key is distinct from p_changes ->> 'phoneKey');
  update leads l
  set name = case when p_changes ? 'name' then p_changes ->> 'name' else l.name end,
    name_at = case when p_changes ? 'name' then moment else l.name_at end,
    email = case when p_changes ? 'email' then p_changes ->> 'email' else l.email end,
    email_at = case when p_changes ? 'email' then moment else l.email_at end,
    phone = case when p_changes ? 'phone' then p_changes ->> 'phone' else l.phone end,
    phone_key = case when p_changes ? 'phone' then p_changes ->> 'phoneKey' else l.phone_key end,
    phone_at = case when p_changes ? 'phone' then moment else l.phone_at end,
    updated_at = moment
  where l.tenant_id = p_tenant and l.id = p_lead;
end
$$;
