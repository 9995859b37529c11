-- The texts of the newest conversations of the tenant, p_most at most, to learn what many texts have.
create or replace function sample_texts(p_tenant uuid, p_most integer)
returns setof text
language plpgsql stable
as $$
declare
  ids uuid[];
begin
  select array_agg(n.id) into ids
  from newest_conversations(p_tenant, null, null, 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', p_most) n;
  return query
  select t.text from unnest(ids) as u (id)
  cross join lateral (
    select s.text from search_texts s where s.tenant_id = p_tenant and s.conversation_id = u.id offset 0) t;
end
$$;
