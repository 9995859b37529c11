-- Stores the id of a signed request in the transaction that carries it out. Returns false when the id is stored
-- already, or when another transaction is carrying the request out.
-- Rows expire after 15 minutes: a signature is valid from five minutes before to five minutes after its timestamp, and
-- five more minutes allow for clock differences. Each call deletes a few expired rows.
create or replace function admit_signed_request(p_tenant uuid, p_key uuid, p_request text)
returns boolean
language plpgsql volatile
as $$
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  -- Without this lock the insert would wait for the other transaction and keep a connection busy.
  if not pg_try_advisory_xact_lock(hashtextextended(concat_ws(' ', p_tenant, p_key, p_request), 7)) then
    return false;
  end if;
  -- A CTE that locks is computed once. As a subquery a nested loop would repeat it, and find ten more each time.
  with expired as (
    select e.request_id from signed_requests e
    where e.tenant_id = p_tenant and e.api_key_id = p_key and e.expires_at < now()
    order by e.expires_at limit 10
    for update skip locked
  )
  delete from signed_requests r using expired e
  where r.tenant_id = p_tenant and r.api_key_id = p_key and r.request_id = e.request_id;
  insert into signed_requests (tenant_id, api_key_id, request_id, expires_at)
  values (p_tenant, p_key, p_request, now() + interval '15 minutes')
  on conflict do nothing;
  return found;
end
$$;
