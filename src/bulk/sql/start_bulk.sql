-- Starts the run of a plan. refusal is null on success; otherwise NOT_FOUND, PLAN_USED when it was run or cancelled,
-- PLAN_EXPIRED, or BULK_RUNNING with the plan that runs.
create or replace function start_bulk(
  p_tenant uuid, p_plan uuid, p_actor_type text, p_actor text, p_right text, out refusal text, out running_id uuid)
language plpgsql volatile
as $$
declare
  plan record;
begin
  -- Two that start at the same moment: the second one finds the first one running.
  perform pg_advisory_xact_lock(hashtextextended(p_tenant::text, 9));
  select p.status, p.expires_at <= now() as is_expired into plan
  from bulk_plans p where p.tenant_id = p_tenant and p.id = p_plan
  for no key update;
  if not found then
    refusal := 'NOT_FOUND';
    return;
  end if;
  select p.id into running_id from bulk_plans p where p.tenant_id = p_tenant and p.status = 'RUNNING';
  refusal := case
    when plan.status <> 'PLANNED' then 'PLAN_USED'
    when plan.is_expired then 'PLAN_EXPIRED'
    when running_id is not null then 'BULK_RUNNING' end;
  if refusal is null then
    update bulk_plans p
    set status = 'RUNNING', started_at = now(), run_by_type = p_actor_type, run_by_id = p_actor, run_by_right = p_right
    where p.tenant_id = p_tenant and p.id = p_plan;
  end if;
end
$$;
