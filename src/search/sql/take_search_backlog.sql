-- Takes conversations that are not in the index of the search by parts yet, or whose customer changed, the newest first:
-- p_most, and the rest of what the last transaction among them noted. The caller stores their texts in the same
-- transaction. One transaction at a time does so for a tenant, so that a text is never replaced by an older one; a
-- second one waits, at most until the caller's transaction ends.
create or replace function take_search_backlog(p_tenant uuid, p_most integer)
returns table (id uuid, customer_phone_number text, phone_key text, display_name text, customer_address text,
  external_conversation_id text)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  noted uuid[];
begin
  -- Most often there is nothing. Then it takes no lock.
  if not exists (select 1 from search_backlog b where b.tenant_id = p_tenant) then return; end if;
  perform pg_advisory_xact_lock(hashtextextended(p_tenant::text, 8));
  with newest as materialized (
    select n.id, sum(cardinality(n.conversation_ids)) over (order by n.id desc) - cardinality(n.conversation_ids) as before
    from (
      select b.id, b.conversation_ids from search_backlog b
      where b.tenant_id = p_tenant
      order by b.id desc
      limit p_most) n
  ), taken as (
    delete from search_backlog b
    where b.tenant_id = p_tenant
      and b.id >= (select n.id from newest n where n.before < p_most order by n.id limit 1)
    returning b.conversation_ids
  )
  select array_agg(distinct u.id) into noted from taken t cross join lateral unnest(t.conversation_ids) as u (id);

  -- A statement of its own, which sees what was committed while this one waited for the lock.
  return query
  select c.id, c.customer_phone_number, c.phone_key, c.display_name, c.customer_address, c.external_conversation_id
  from unnest(noted) as u (id)
  cross join lateral (
    select k.* from conversations k where k.tenant_id = p_tenant and k.id = u.id offset 0) c;
end
$$;
