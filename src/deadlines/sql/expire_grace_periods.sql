-- Returns conversations to the queue whose holder stayed away past the grace period, the earliest deadline first, as
-- many as p_events has ids for the ledger. p_operator: only those of this operator; null: of all. Returns the inbox of
-- each. It skips conversations that another instance, a transition or the returning operator has locked: they decide,
-- or the next run does. The caller shares the ranking (share_ranking).
create or replace function expire_grace_periods(p_tenant uuid, p_events uuid[], p_operator uuid)
returns table (inbox_id uuid)
language plpgsql volatile
as $$
declare
  -- More than a batch, since some may be skipped. The limit makes the planner read them in order instead of sorting all.
  looked_at constant integer := 4 * cardinality(p_events);
  due uuid[];
  holders uuid[];
  inboxes uuid[];
begin
  -- It locks conversations before their grace periods, like all others. Each LATERAL locks the row that the one before
  -- found, so nothing beyond the batch is read or locked.
  select array_agg(d.id), array_agg(d.holder), array_agg(d.inbox_id) into due, holders, inboxes from (
    select c.id, c.assigned_operator_id as holder, c.inbox_id
    from (
      (select g.conversation_id, g.operator_id from deadlines g
        where p_operator is null and g.tenant_id = p_tenant and g.kind = 'GRACE' and g.expires_at > '-infinity'
          and g.expires_at <= now()
        order by g.expires_at limit looked_at)
      union all
      (select g.conversation_id, g.operator_id from deadlines g
        where g.tenant_id = p_tenant and g.operator_id = p_operator and g.kind = 'GRACE' and g.expires_at <= now()
        order by g.expires_at limit looked_at)) late
    cross join lateral (
      select c.id, c.assigned_operator_id, c.inbox_id from conversations c
      where c.tenant_id = p_tenant and c.id = late.conversation_id and c.assigned_operator_id = late.operator_id
        and c.state is not distinct from 'ALLOCATED'
        and (select o.availability from operators o where o.tenant_id = p_tenant and o.id = late.operator_id) = 'OFFLINE'
      for no key update skip locked) c
    cross join lateral (
      select 1 from deadlines g
      where g.tenant_id = p_tenant and g.conversation_id = c.id and g.kind = 'GRACE' and g.operator_id = c.assigned_operator_id
      for update skip locked) g
    limit cardinality(p_events)) d;
  if due is null then return; end if;
  perform transition_conversations(p_tenant, 'conversation.grace_expired', due, p_events[:cardinality(due)],
    'ALLOCATED', holders, 'QUEUED', null, 'SYSTEM', null, array['The operator stayed OFFLINE past the grace period']);
  return query select u.id from unnest(inboxes) as u (id);
end
$$;
