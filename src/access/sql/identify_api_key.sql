-- The stored data of an API key; no row when there is no such key. The key names its tenant, so the lookup stays within
-- one tenant.
create or replace function identify_api_key(p_tenant uuid, p_key uuid)
returns table (name text, secret_hash bytea, signing_secret text, scopes text[], is_expired boolean, is_revoked boolean,
  is_use_due boolean, is_suspended boolean)
language plpgsql volatile
as $$
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  return query
  select k.name, k.secret_hash, k.signing_secret, k.scopes, coalesce(k.expires_at <= now(), false),
    k.revoked_at is not null, coalesce(k.last_used_at < now() - interval '1 minute', true), t.is_suspended
  from api_keys k join tenants t on t.id = k.tenant_id and t.deleted_at is null
  where k.tenant_id = p_tenant and k.id = p_key;
end
$$;
