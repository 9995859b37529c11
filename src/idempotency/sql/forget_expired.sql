-- Deletes up to p_limit expired keys, message ids and declines each, and one plan of a bulk with its items. Returns the
-- most that it deleted of one kind. Skips rows that another run is deleting.
create or replace function forget_expired(p_tenant uuid, p_limit integer)
returns integer
language plpgsql volatile
as $$
declare
  keys integer;
  messages integer;
  ended integer;
  plans integer;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  with expired as (
    select k.principal, k.route, k.key_hash from idempotency_keys k
    where k.tenant_id = p_tenant and k.expires_at <= now()
    order by k.expires_at limit p_limit for update skip locked
  )
  delete from idempotency_keys k using expired e
  where k.tenant_id = p_tenant and k.principal = e.principal and k.route = e.route and k.key_hash = e.key_hash;
  get diagnostics keys = row_count;
  with expired as (
    select m.external_conversation_id, m.message_id, m.origin_inbox_id from processed_messages m
    where m.tenant_id = p_tenant and m.seen_at <= now() - interval '7 days'
    order by m.seen_at limit p_limit for update skip locked
  )
  delete from processed_messages m using expired e
  where m.tenant_id = p_tenant and m.external_conversation_id = e.external_conversation_id
    and m.message_id = e.message_id and m.origin_inbox_id = e.origin_inbox_id;
  get diagnostics messages = row_count;
  with expired as (
    select d.conversation_id, d.operator_id from declines d
    where d.tenant_id = p_tenant and d.declined_until > '-infinity' and d.declined_until <= now()
    order by d.declined_until limit p_limit for update skip locked
  )
  delete from declines d using expired e
  where d.tenant_id = p_tenant and d.conversation_id = e.conversation_id and d.operator_id = e.operator_id;
  get diagnostics ended = row_count;
  -- A plan can have a thousand items.
  delete from bulk_plans p
  where p.tenant_id = p_tenant and p.id = (
    select e.id from bulk_plans e
    where e.tenant_id = p_tenant and e.status <> 'RUNNING'
      and e.created_at <= now() - case when e.started_at is null then interval '75 minutes' else interval '7 days' end
    order by e.created_at limit 1 for update skip locked);
  get diagnostics plans = row_count;
  return greatest(keys, messages, ended, case when plans > 0 then p_limit else 0 end);
end
$$;
