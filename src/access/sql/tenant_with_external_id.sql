-- The tenant that an identity provider calls so; null when there is none. A token names it before anything is known of
-- its tenant, so this looks across tenants, and shows nothing but the id.
create or replace function tenant_with_external_id(p_external_id text)
returns uuid
language plpgsql stable strict security definer
set search_path = public, pg_temp
as $$
begin
  return (select t.id from tenants t where t.external_id = p_external_id);
end
$$;
