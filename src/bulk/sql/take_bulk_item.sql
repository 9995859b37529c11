-- The next item of the bulk that runs, which is locked until the end of the transaction, so that cancelling it waits. No
-- row when none runs. After its last item it is done.
create or replace function take_bulk_item(p_tenant uuid)
returns table (plan_id uuid, action jsonb, reason text, run_by_type text, run_by_id text, run_by_right text,
  item_position integer, conversation_id uuid, version integer, to_operator_id uuid)
language plpgsql volatile
as $$
begin
  select p.id, p.action, p.reason, p.run_by_type, p.run_by_id, p.run_by_right
  into plan_id, action, reason, run_by_type, run_by_id, run_by_right
  from bulk_plans p where p.tenant_id = p_tenant and p.status = 'RUNNING'
  for no key update;
  if not found then return; end if;
  select i.position, i.conversation_id, i.version, i.to_operator_id
  into item_position, conversation_id, version, to_operator_id
  from bulk_items i
  where i.tenant_id = p_tenant and i.plan_id = take_bulk_item.plan_id and i.outcome is null
  order by i.position
  limit 1;
  if found then
    return next;
  else
    update bulk_plans p set status = 'DONE', ended_at = now()
    where p.tenant_id = p_tenant and p.id = take_bulk_item.plan_id;
  end if;
end
$$;
