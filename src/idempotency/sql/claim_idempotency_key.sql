-- Claims the key until the end of the transaction, so that two requests with one key cannot both have an effect.
-- Returns IN_USE at once, without waiting for the other transaction.
create or replace function claim_idempotency_key(
  p_tenant uuid, p_principal text, p_route text, p_key_hash bytea, p_fingerprint bytea)
returns table (state text, answer bytea)
language plpgsql volatile
as $$
declare
  kept idempotency_keys;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  if not pg_try_advisory_xact_lock(
    hashtextextended(concat_ws(' ', p_tenant, p_principal, p_route, encode(p_key_hash, 'hex')), 3)) then
    return query select 'IN_USE', null::bytea;
    return;
  end if;
  select k.* into kept from idempotency_keys k
  where k.tenant_id = p_tenant and k.principal = p_principal and k.route = p_route and k.key_hash = p_key_hash
    and k.expires_at > now();
  return query select
    case when kept.key_hash is null then 'NEW' when kept.fingerprint = p_fingerprint then 'KEPT' else 'OTHER' end,
    kept.answer;
end
$$;
