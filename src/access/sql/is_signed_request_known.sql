-- Whether a signed request with this id was carried out.
create or replace function is_signed_request_known(p_tenant uuid, p_key uuid, p_request text)
returns boolean
language plpgsql volatile
as $$
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  return exists (
    select 1 from signed_requests
    where tenant_id = p_tenant and api_key_id = p_key and request_id = p_request
  );
end
$$;
