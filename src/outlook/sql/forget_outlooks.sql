-- Deletes up to p_limit outlooks, the oldest first: those older than 30 days, and all before the newest 100,000. Returns
-- their number.
create or replace function forget_outlooks(p_tenant uuid, p_limit integer)
returns integer
language plpgsql volatile
as $$
declare
  kept_from timestamptz;
  forgotten integer;
begin
  select o.asked_at into kept_from from outlooks o
  where o.tenant_id = p_tenant order by o.asked_at desc offset 99999 limit 1;
  kept_from := greatest(kept_from, now() - interval '30 days');
  with old as materialized (
    select o.id from outlooks o
    where o.tenant_id = p_tenant and o.asked_at < kept_from
    order by o.asked_at
    limit p_limit
    for update skip locked
  )
  delete from outlooks o where o.tenant_id = p_tenant and o.id = any (array(select d.id from old d));
  get diagnostics forgotten = row_count;
  return forgotten;
end
$$;
