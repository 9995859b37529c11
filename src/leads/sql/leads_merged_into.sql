-- A lead and those that were merged into it, directly or on the way.
create or replace function leads_merged_into(p_tenant uuid, p_lead uuid)
returns uuid[]
language plpgsql stable
as $$
begin
  return (
    with recursive merged as (
      select p_lead as id
      union all
      select l.id from merged m
      cross join lateral (
        select l.id from leads l
        where l.tenant_id = p_tenant and l.merged_into_id = m.id offset 0) l
    )
    select array_agg(m.id) from merged m);
end
$$;
