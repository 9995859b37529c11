-- The same as assign_feed_positions, but does nothing while another transaction assigns positions of the tenant. It is
-- for readers that come again soon, so that a lock of one tenant does not delay readers of others.
create or replace function assign_feed_positions_if_free(p_tenant uuid, p_most integer)
returns integer
language plpgsql volatile
as $$
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  if not exists (select 1 from feed_backlog b where b.tenant_id = p_tenant) then return 0; end if;
  if not pg_try_advisory_xact_lock(hashtextextended(p_tenant::text, 4)) then return 0; end if;
  return assign_feed_positions(p_tenant, p_most);
end
$$;
