-- Takes up to p_wanted requests out of the limit of a principal. The limit applies to one minute, which begins with the
-- first request. Returns the number granted, the number left to other instances, and how long the minute lasts. It
-- reads clock_timestamp() because the transaction may have waited for the row.
create or replace function take_requests(p_tenant uuid, p_principal text, p_limit integer, p_wanted integer)
returns table (granted integer, remaining integer, milliseconds_left double precision)
language plpgsql volatile
as $$
declare
  held rate_limits;
  moment timestamptz;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  insert into rate_limits (tenant_id, principal, window_ends_at, used)
  values (p_tenant, p_principal, '-infinity', 0) on conflict do nothing;
  select * into strict held from rate_limits r
  where r.tenant_id = p_tenant and r.principal = p_principal
  for no key update;
  moment := clock_timestamp();
  if held.window_ends_at <= moment then
    held.window_ends_at := moment + interval '1 minute';
    held.used := 0;
  end if;
  granted := greatest(least(p_wanted, p_limit - held.used), 0);
  remaining := greatest(p_limit - held.used - granted, 0);
  milliseconds_left := extract(epoch from held.window_ends_at - moment) * 1000;
  if granted > 0 then
    update rate_limits r set window_ends_at = held.window_ends_at, used = held.used + granted
    where r.tenant_id = p_tenant and r.principal = p_principal;
  end if;
  return next;
end
$$;
