-- Records the last use of a key at most once a minute. When many requests try at once, all but one skip the locked row
-- and do not wait for it.
create or replace function record_api_key_use(p_tenant uuid, p_key uuid)
returns void
language plpgsql volatile
as $$
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  update api_keys k set last_used_at = now()
  from (
    select d.id from api_keys d
    where d.tenant_id = p_tenant and d.id = p_key
      and (d.last_used_at is null or d.last_used_at < now() - interval '1 minute')
    for no key update skip locked
  ) due
  where k.tenant_id = p_tenant and k.id = due.id;
end
$$;
