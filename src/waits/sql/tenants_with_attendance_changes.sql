-- The tenants in which an inbox is to be noted, reported or ended as unattended (sweep_attendance). An inbox without
-- somebody who waits takes one probe.
create or replace function tenants_with_attendance_changes()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select distinct s.tenant_id
  from (
    select i.tenant_id, u.since, u.reported_at, t.unattended_seconds, t.unattended_seconds is not null
      and exists (
        select 1 from conversations c where c.tenant_id = i.tenant_id and c.inbox_id = i.id and c.state = 'QUEUED' offset 0)
      and not case when t.auto_subscribe then exists (
        select 1 from operators o
        where o.tenant_id = i.tenant_id and o.is_active and o.availability = 'AVAILABLE'
          and (t.presence_timeout_seconds is null or exists (
            select 1 from operator_presence p
            where p.tenant_id = i.tenant_id and p.operator_id = o.id and p.present_until > clock_timestamp())))
      else exists (
        select 1 from subscriptions s
        cross join lateral (
          select o.id from operators o
          where o.tenant_id = i.tenant_id and o.id = s.operator_id and o.is_active and o.availability = 'AVAILABLE' offset 0) o
        where s.tenant_id = i.tenant_id and s.inbox_id = i.id
          and (t.presence_timeout_seconds is null or exists (
            select 1 from operator_presence p
            where p.tenant_id = i.tenant_id and p.operator_id = o.id and p.present_until > clock_timestamp()))) end
      as is_unattended
    from tenants t
    join inboxes i on i.tenant_id = t.id
    left join unattended_inboxes u on u.tenant_id = i.tenant_id and u.inbox_id = i.id
    offset 0) s
  where case when s.is_unattended
    then s.since is null or s.reported_at is null and s.since <= now() - s.unattended_seconds * interval '1 second'
    else s.since is not null end
$$;
