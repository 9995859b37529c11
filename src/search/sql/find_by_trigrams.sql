-- The conversations of the current tenant whose text contains one of three parts, p_most at most, in no order; a part
-- that is null matches nothing. p_first to p_third are the trigrams of the parts. The operator of the index is not
-- leakproof, so row-level security would keep the caller from using the index: this looks with a role that may read
-- every tenant, and at the tenant of the transaction only. The caller reads the conversations with its own rights.
create or replace function find_by_trigrams(
  p_tenant uuid, p_parts text[], p_first integer[], p_second integer[], p_third integer[], p_most integer)
returns uuid[]
language plpgsql stable security definer
set search_path = public, pg_temp
as $$
begin
  return array(
    select t.conversation_id
    from (
      -- The hashes in the index know the tenant. A condition on the tenant here would offer the primary key.
      select s.tenant_id, s.conversation_id, s.text from search_texts s
      where s.trigrams @> p_first or s.trigrams @> p_second or s.trigrams @> p_third
      offset 0) t
    where t.tenant_id = p_tenant and t.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
      and (strpos(t.text, p_parts[1]) > 0 or strpos(t.text, p_parts[2]) > 0 or strpos(t.text, p_parts[3]) > 0)
    limit p_most);
end
$$;
