-- Distributes waiting conversations after capacity was freed, of the given inboxes and of the inboxes that the operator
-- is subscribed to. p_inboxes null means all inboxes. Call it after the transaction that freed the capacity has
-- committed.
create or replace function distribute_waiting(p_tenant uuid, p_operator uuid, p_inboxes uuid[], p_events uuid[])
returns table (conversation_id uuid, inbox_id uuid, operator_id uuid)
language plpgsql volatile
as $$
declare
  pushing uuid[];
  receivers uuid[];
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  if p_operator is not null and leave_when_idle(p_tenant, p_operator, p_events[1]) then
    return query select null::uuid, null::uuid, null::uuid;
    return;
  end if;
  select array_agg(i.id) into pushing
  from inboxes i
  where i.tenant_id = p_tenant and i.distribution <> 'PULL'
    and (p_inboxes is null or i.id = any (p_inboxes) or exists (select 1 from subscriptions s
      where s.tenant_id = p_tenant and s.inbox_id = i.id and s.operator_id = p_operator and s.weight > 0));
  if pushing is null then return; end if;
  perform lock_distribution(p_tenant, pushing);
  select array_agg(u.id) into pushing from unnest(pushing) as u (id)
  where exists (
    select 1 from conversations c where c.tenant_id = p_tenant and c.inbox_id = u.id and c.state = 'QUEUED' offset 0);
  if pushing is null then return; end if;
  receivers := lock_receivers(p_tenant, pushing, '{}');
  return query select h.* from distribute_conversations(p_tenant, pushing, receivers, p_events, true, true) h;
end
$$;
