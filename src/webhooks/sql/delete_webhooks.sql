-- Deletes up to p_limit deliveries of a deleted webhook, and the webhook when none are left. It is done when it returns
-- 0; otherwise it returns p_limit. It skips webhooks that another transaction has locked.
create or replace function delete_webhooks(p_tenant uuid, p_limit integer)
returns integer
language plpgsql volatile
as $$
declare
  webhook uuid;
  deleted integer;
begin
  select w.id into webhook
  from webhooks w
  where w.tenant_id = p_tenant and w.deleted_at is not null
  order by w.id
  limit 1
  for no key update skip locked;
  if not found then return 0; end if;
  delete from webhook_deliveries d
  where d.tenant_id = p_tenant and d.webhook_id = webhook and d.id = any (array(
    select o.id from webhook_deliveries o
    where o.tenant_id = p_tenant and o.webhook_id = webhook
    order by o.id
    limit p_limit));
  get diagnostics deleted = row_count;
  if deleted < p_limit then
    delete from webhooks w where w.tenant_id = p_tenant and w.id = webhook;
  end if;
  return p_limit;
end
$$;
