-- Stores the response in the transaction of the effect, after claim_idempotency_key returned NEW. p_conversation and
-- p_lead: whose data it has, which are null for most.
create or replace function store_response(
  p_tenant uuid, p_principal text, p_route text, p_key_hash bytea, p_fingerprint bytea, p_response bytea, p_hours
  integer, p_conversation uuid default null, p_lead uuid default null)
returns void
language plpgsql volatile
as $$
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  insert into idempotency_keys as k (tenant_id, principal, route, key_hash, fingerprint, answer, expires_at,
    conversation_id, lead_id)
  values (p_tenant, p_principal, p_route, p_key_hash, p_fingerprint, p_response, now() + make_interval(hours => p_hours),
    p_conversation, p_lead)
  -- An expired row that was not deleted yet.
  on conflict (tenant_id, principal, route, key_hash) do update
  set fingerprint = excluded.fingerprint, answer = excluded.answer, expires_at = excluded.expires_at,
    conversation_id = excluded.conversation_id, lead_id = excluded.lead_id;
end
$$;
