-- Stores the response in the transaction of the effect, after claim_idempotency_key returned NEW.
create or replace function store_response(
  p_tenant uuid, p_principal text, p_route text, p_key_hash bytea, p_fingerprint bytea, p_response bytea, p_hours
  integer)
returns void
language plpgsql volatile
as $$
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  insert into idempotency_keys as k (tenant_id, principal, route, key_hash, fingerprint, answer, expires_at)
  values (p_tenant, p_principal, p_route, p_key_hash, p_fingerprint, p_response, now() + make_interval(hours => p_hours))
  -- An expired row that was not deleted yet.
  on conflict (tenant_id, principal, route, key_hash) do update
  set fingerprint = excluded.fingerprint, answer = excluded.answer, expires_at = excluded.expires_at;
end
$$;
