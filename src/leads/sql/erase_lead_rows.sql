-- Erases leads themselves, and those that were merged into them: their fields, the keys by which messages find them, and
-- stored responses. Their rows stay as erased ones. Returns the counts by kind. The caller has locked the leads, and
-- erases the last of their conversations in the same transaction.
create or replace function erase_lead_rows(p_tenant uuid, p_leads uuid[])
returns jsonb
language plpgsql volatile
as $$
declare
  whole uuid[];
  keys integer;
  responses integer;
begin
  whole := array(select unnest(leads_merged_into(p_tenant, u.id)) from unnest(p_leads) as u (id));
  delete from lead_keys k where k.tenant_id = p_tenant and k.lead_id = any (whole);
  get diagnostics keys = row_count;
  update leads l
  set erased_at = now(), external_id = null, name = null, name_at = null, email = null, email_at = null, phone = null,
    phone_key = null, phone_at = null, updated_at = now()
  where l.tenant_id = p_tenant and l.id = any (whole);
  delete from left_leads t where t.tenant_id = p_tenant and t.lead_id = any (whole);
  update idempotency_keys k set answer = ''
  where k.tenant_id = p_tenant and k.lead_id = any (whole) and k.answer <> '';
  get diagnostics responses = row_count;
  return jsonb_build_object('keys', keys, 'storedResponses', responses);
end
$$;
