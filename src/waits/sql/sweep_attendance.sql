-- Notes the inboxes in which something waits and nobody is there, reports those that have been so for unattendedSeconds
-- of the tenant, and the end of what was reported, each once. Changes as many inboxes as p_events has ids for the ledger,
-- and returns their number. Somebody is there who is active, AVAILABLE and present, and subscribed, with any weight, or
-- in a tenant with autoSubscribe. The caller is the only one for this tenant.
create or replace function sweep_attendance(p_tenant uuid, p_events uuid[])
returns integer
language plpgsql volatile
as $$
declare
  swept integer;
begin
  with seen as materialized (
    select i.id, u.since, u.reported_at, t.unattended_seconds, t.unattended_seconds is not null as is_asked,
      exists (
        select 1 from conversations c where c.tenant_id = p_tenant and c.inbox_id = i.id and c.state = 'QUEUED' offset 0)
        as is_waiting,
      case when t.auto_subscribe then exists (
        select 1 from operators o
        where o.tenant_id = p_tenant and o.is_active and o.availability = 'AVAILABLE'
          and (t.presence_timeout_seconds is null or exists (
            select 1 from operator_presence p
            where p.tenant_id = p_tenant and p.operator_id = o.id and p.present_until > clock_timestamp())))
      else exists (
        select 1 from subscriptions s
        cross join lateral (
          select o.id from operators o
          where o.tenant_id = p_tenant and o.id = s.operator_id and o.is_active and o.availability = 'AVAILABLE' offset 0) o
        where s.tenant_id = p_tenant and s.inbox_id = i.id
          and (t.presence_timeout_seconds is null or exists (
            select 1 from operator_presence p
            where p.tenant_id = p_tenant and p.operator_id = o.id and p.present_until > clock_timestamp()))) end
        as is_attended
    from tenants t
    join inboxes i on i.tenant_id = p_tenant
    left join unattended_inboxes u on u.tenant_id = p_tenant and u.inbox_id = i.id
    where t.id = p_tenant
  ), change as materialized (
    select s.*, s.is_asked and s.is_waiting and not s.is_attended as is_unattended
    from seen s
    where case when s.is_asked and s.is_waiting and not s.is_attended
      then s.since is null
        or s.reported_at is null and s.since <= now() - s.unattended_seconds * interval '1 second'
      else s.since is not null end
    order by s.id
    limit cardinality(p_events)
  ), noticed as (
    insert into unattended_inboxes (tenant_id, inbox_id, since)
    select p_tenant, c.id, now() from change c where c.is_unattended and c.since is null
    -- There is none. Without it Citus copies rows to the node, which row-level security refuses.
    on conflict do nothing
  ), reported as (
    update unattended_inboxes u set reported_at = now()
    from change c
    where u.tenant_id = p_tenant and u.inbox_id = c.id and c.is_unattended and c.since is not null
  ), ended as (
    delete from unattended_inboxes u
    using change c
    where u.tenant_id = p_tenant and u.inbox_id = c.id and not c.is_unattended
  ), entry as (
    insert into conversation_events (tenant_id, id, type, inbox_id, actor_type, reason, from_inbox_id, to_inbox_id)
    select p_tenant, p_events[row_number() over (order by c.id)],
      case when c.is_unattended then 'inbox.unattended' else 'inbox.attended' end, c.id, 'SYSTEM',
      case when c.is_unattended then format('Customers wait, and nobody AVAILABLE has been there for %s seconds', c.unattended_seconds)
        when not c.is_asked then 'The tenant does not ask for it any more'
        when c.is_attended then 'Somebody is AVAILABLE again'
        else 'Nobody waits any more' end,
      c.id, c.id
    from change c
    where case when c.is_unattended then c.since is not null else c.reported_at is not null end
    returning id
  ), feed as (
    insert into feed_backlog (tenant_id, id, event_ids)
    select p_tenant, e.ids[1], e.ids from (select array_agg(n.id) as ids from entry n) e where e.ids is not null
  )
  select count(*)::integer into swept from change;
  return swept;
end
$$;
