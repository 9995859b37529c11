-- Remembers the id of a signed request, until the end of the transaction that carries it out for nobody else; false
-- when it was there already, or another transaction is carrying it out. A request may be signed up to five minutes
-- ahead and is let in until five minutes after: ten, and five more for clocks that differ. What has expired is deleted
-- by those who come later, a few at a time.
create or replace function admit_signed_request(p_tenant uuid, p_key uuid, p_request text)
returns boolean
language plpgsql volatile
as $$
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  -- Without it the insert would wait for the other transaction and keep a connection busy meanwhile.
  if not pg_try_advisory_xact_lock(hashtextextended(concat_ws(' ', p_tenant, p_key, p_request), 0)) then
    return false;
  end if;
  delete from signed_requests r
  using (
    select e.request_id from signed_requests e
    where e.tenant_id = p_tenant and e.api_key_id = p_key and e.expires_at < now()
    order by e.expires_at limit 10
    for update skip locked
  ) expired
  where r.tenant_id = p_tenant and r.api_key_id = p_key and r.request_id = expired.request_id;
  insert into signed_requests (tenant_id, api_key_id, request_id, expires_at)
  values (p_tenant, p_key, p_request, now() + interval '15 minutes')
  on conflict do nothing;
  return found;
end
$$;
