-- Takes up to p_wanted requests out of the limit of each account of a tenant: of one of its principals, and of the
-- tenant itself, whose account must be the last of the arrays. A limit applies to one minute, which begins with the
-- first request. Returns for each account the number granted, the number left to other instances, and how long the
-- minute lasts. It reads clock_timestamp() because the transaction may have waited for a row.
create or replace function take_from_accounts(
  p_tenant uuid, p_accounts text[], p_limits integer[], p_wanted integer[])
returns table (nth integer, granted integer, remaining integer, milliseconds_left double precision)
language plpgsql volatile
as $$
declare
  held rate_limits;
  moment timestamptz;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  for n in 1 .. cardinality(p_accounts) loop
    nth := n;
    moment := clock_timestamp();
    select * into held from rate_limits r
    where r.tenant_id = p_tenant and r.principal = p_accounts[n]
    for no key update;
    if not found then
      granted := greatest(least(p_wanted[n], p_limits[n]), 0);
      remaining := p_limits[n] - granted;
      milliseconds_left := 60000;
      insert into rate_limits (tenant_id, principal, window_ends_at, used)
      values (p_tenant, p_accounts[n], moment + interval '1 minute', granted) on conflict do nothing;
      if found then
        return next;
        continue;
      end if;
      -- Another transaction was faster.
      select * into strict held from rate_limits r
      where r.tenant_id = p_tenant and r.principal = p_accounts[n]
      for no key update;
    end if;
    moment := clock_timestamp();
    if held.window_ends_at <= moment then
      held.window_ends_at := moment + interval '1 minute';
      held.used := 0;
    end if;
    granted := greatest(least(p_wanted[n], p_limits[n] - held.used), 0);
    remaining := greatest(p_limits[n] - held.used - granted, 0);
    milliseconds_left := extract(epoch from held.window_ends_at - moment) * 1000;
    if granted > 0 then
      update rate_limits r set window_ends_at = held.window_ends_at, used = held.used + granted
      where r.tenant_id = p_tenant and r.principal = p_accounts[n];
    end if;
    return next;
  end loop;
end
$$;
