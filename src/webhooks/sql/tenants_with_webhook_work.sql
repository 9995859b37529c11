-- The webhooks without a lease, of tenants that are not suspended, that have a due delivery, a new ledger entry or an old delivery to delete. Tenants take
-- turns: first the webhook of each tenant that waits longest, then the second of each. Each takes a few index probes.
create or replace function tenants_with_webhook_work(p_limit integer)
returns table (tenant_id uuid, webhook_id uuid)
language plpgsql stable security definer
set search_path = public, pg_temp
as $$
begin
  return query
  select w.tenant_id, w.id
  from webhooks w
  where (w.lease_expires_at is null or w.lease_expires_at <= now())
    and w.tenant_id <> all (array(select t.id from tenants t where t.is_suspended))
    and (
      (w.enabled and exists (
        select 1 from webhook_deliveries d
        where d.tenant_id = w.tenant_id and d.webhook_id = w.id and d.status = 'PENDING' and d.next_attempt_at <= now()))
      or (w.enabled and exists (
        select 1 from feed_positions p where p.tenant_id = w.tenant_id and p.position > w.position offset 0))
      or (w.enabled and exists (select 1 from feed_backlog b where b.tenant_id = w.tenant_id offset 0))
      or exists (
        select 1 from webhook_deliveries d
        where d.tenant_id = w.tenant_id and d.webhook_id = w.id and d.keep_until <= now()))
  order by row_number() over (partition by w.tenant_id order by w.lease_expires_at nulls first),
    w.lease_expires_at nulls first
  limit p_limit;
end
$$;
