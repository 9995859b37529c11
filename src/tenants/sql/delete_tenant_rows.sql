-- Deletes up to p_limit rows of a tenant that is marked as deleted, and the tenant itself when no other row is left.
-- Returns the number of deleted rows; less than p_limit: the tenant is gone. It may delete from the ledger, which the
-- application may not, so it runs as inbox_platform; row-level security lets that role delete the rows of the tenant of
-- the transaction only.
create or replace function delete_tenant_rows(p_tenant uuid, p_limit integer)
returns integer
language plpgsql volatile security definer
set search_path = public, pg_temp
as $$
declare
  -- Each table comes after those that refer to it. With the columns of its primary key, by which it is read: a bare
  -- limit could scan the rows of all tenants.
  tables constant text[] := array[
    ['bulk_items', 'tenant_id, plan_id, position'],
    ['bulk_plans', 'tenant_id, id'],
    ['conversation_labels', 'tenant_id, conversation_id, label_id'],
    ['deadlines', 'tenant_id, conversation_id, kind'],
    ['declines', 'tenant_id, conversation_id, operator_id'],
    ['former_phone_keys', 'tenant_id, phone_key, conversation_id'],
    ['search_texts', 'tenant_id, conversation_id'],
    ['search_backlog', 'tenant_id, id'],
    ['feed_backlog', 'tenant_id, recorded_at, id'],
    ['feed_positions', 'tenant_id, position'],
    ['processed_messages', 'tenant_id, external_conversation_id, message_id, origin_inbox_id'],
    ['conversation_events', 'tenant_id, id'],
    ['webhook_deliveries', 'tenant_id, webhook_id, id'],
    ['signed_requests', 'tenant_id, api_key_id, request_id'],
    ['event_tickets', 'tenant_id, secret_hash'],
    ['idempotency_keys', 'tenant_id, principal, route, key_hash'],
    ['rate_limits', 'tenant_id, principal'],
    ['resolution_times', 'tenant_id, operator_id, resolved_at, event_id'],
    ['ended_waits', 'tenant_id, inbox_id, ended_at, event_id'],
    ['first_replies', 'tenant_id, inbox_id, replied_at, conversation_id'],
    ['activity_totals', 'tenant_id, series_id, minute'],
    ['activity_series', 'tenant_id, inbox_id, operator_id, type'],
    ['folded_up_to', 'tenant_id'],
    ['outlooks', 'tenant_id, id'],
    ['outlook_paces', 'tenant_id, inbox_id'],
    ['outlook_progress', 'tenant_id'],
    ['queue_depths', 'tenant_id, inbox_id'],
    ['lead_keys', 'tenant_id, key, kind'],
    ['conversations', 'tenant_id, id'],
    ['left_leads', 'tenant_id, lead_id'],
    ['retention_progress', 'tenant_id'],
    ['leads', 'tenant_id, id'],
    ['labels', 'tenant_id, id'],
    ['subscriptions', 'tenant_id, inbox_id, operator_id'],
    ['missed_acceptances', 'tenant_id, operator_id'],
    ['operator_presence', 'tenant_id, operator_id'],
    ['presence_sweeps', 'tenant_id'],
    ['webhooks', 'tenant_id, id'],
    ['api_keys', 'tenant_id, id'],
    ['unattended_inboxes', 'tenant_id, inbox_id'],
    ['inboxes', 'tenant_id, id'],
    ['operators', 'tenant_id, id'],
    ['audit_events', 'tenant_id, id']];
  entry text[];
  condition text;
  deleted integer;
  done integer := 0;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  if not exists (select 1 from tenants t where t.id = p_tenant and t.deleted_at is not null) then
    return 0;
  end if;
  foreach entry slice 1 in array tables loop
    condition := case entry[1]
      -- A lead into which others were merged comes after them.
      when 'leads' then
        'and not exists (select 1 from leads m where m.tenant_id = $1 and m.merged_into_id = r.id)'
      else '' end;
    loop
      execute format(
        'delete from %1$I d
        where d.tenant_id = $1 and d.ctid = any (array(
          select r.ctid from %1$I r where r.tenant_id = $1 %2$s order by %3$s limit $2))',
        entry[1], condition, entry[2])
      -- Inboxes can refer to each other in a circle, so the few there are go together.
      using p_tenant, case entry[1] when 'inboxes' then null else p_limit - done end;
      get diagnostics deleted = row_count;
      done := done + deleted;
      if done >= p_limit then
        return done;
      end if;
      exit when deleted = 0;
    end loop;
  end loop;
  delete from tenants t where t.id = p_tenant;
  return done;
end
$$;
