-- Notes that the presences of a tenant are being swept, and returns how many began anew. Sets the tenant itself. When the
-- last sweep was more than p_seconds ago, the database or all instances were out of reach, and nobody could renew: every
-- presence that had not ended at the last sweep lasts one more timeout. Without an earlier sweep, all of them do.
create or replace function mark_presence_sweep(p_tenant uuid, p_seconds integer)
returns integer
language plpgsql volatile
as $$
declare
  last_swept_at timestamptz;
  continued integer := 0;
  -- A variable: Citus allows no clock in an UPDATE.
  moment timestamptz;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  insert into presence_sweeps (tenant_id, swept_at) values (p_tenant, '-infinity') on conflict do nothing;
  -- Of two instances, the second one sees what the first one noted.
  select s.swept_at into last_swept_at from presence_sweeps s where s.tenant_id = p_tenant for update;
  if last_swept_at < clock_timestamp() - p_seconds * interval '1 second' then
    insert into operator_presence as p (tenant_id, operator_id, present_until)
    select p_tenant, o.id, clock_timestamp() + t.presence_timeout_seconds * interval '1 second'
    from tenants t
    join operators o on o.tenant_id = t.id and o.availability <> 'OFFLINE'
    left join operator_presence before on before.tenant_id = o.tenant_id and before.operator_id = o.id
    where t.id = p_tenant and t.presence_timeout_seconds is not null
      and coalesce(before.present_until, 'infinity') > last_swept_at
    order by o.id
    on conflict on constraint operator_presence_pk do update
    set present_until = greatest(p.present_until, excluded.present_until);
    get diagnostics continued = row_count;
  end if;
  moment := clock_timestamp();
  update presence_sweeps s set swept_at = moment where s.tenant_id = p_tenant;
  return continued;
end
$$;
