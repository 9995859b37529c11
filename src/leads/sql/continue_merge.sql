-- Moves further conversations of a merged lead, as many as p_events has ids for ledger entries. Returns whether there was
-- anything to do.
create or replace function continue_merge(p_tenant uuid, p_events uuid[])
returns boolean
language plpgsql volatile
as $$
declare
  lead uuid;
  into_lead uuid;
  locked integer;
begin
  select l.id into lead from leads l
  where l.tenant_id = p_tenant and l.is_merging
  order by l.id
  limit 1;
  if not found then return false; end if;
  into_lead := current_lead(p_tenant, lead);
  select count(*) into locked from (
    select l.id from leads l
    where l.tenant_id = p_tenant and l.id = any (array[lead, into_lead])
      and (l.id = into_lead and l.merged_into_id is null or l.id = lead and l.is_merging)
    order by l.id
    for no key update) k;
  -- Otherwise one of them changed meanwhile, and the next batch sees what it is now.
  if locked = 2 then
    perform move_merged_conversations(p_tenant, lead, into_lead, 'SYSTEM', null, p_events);
  end if;
  return true;
end
$$;
