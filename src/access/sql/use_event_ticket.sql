-- Uses a ticket up and returns whose it was; no row when it is unknown, used or expired. The ticket names its tenant, so
-- the lookup stays within one tenant.
create or replace function use_event_ticket(p_tenant uuid, p_secret_hash bytea)
returns table (operator_id uuid, api_key_id uuid, service_name text)
language plpgsql volatile
as $$
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  return query
  delete from event_tickets t
  where t.tenant_id = p_tenant and t.secret_hash = p_secret_hash and t.expires_at > now()
  returning t.operator_id, t.api_key_id, t.service_name;
end
$$;
