-- The tenants with a secret that matches one of the patterns. It reads two small tables whole: at most some hundred rows
-- of a tenant, every few minutes. An index cannot know which key is the first one.
create or replace function tenants_with_outdated_secrets(p_patterns text[])
returns setof uuid
language plpgsql stable security definer
set search_path = public, pg_temp
as $$
begin
  return query
  select w.tenant_id from webhooks w
  where w.secret like any (p_patterns) or w.former_secret like any (p_patterns)
  union
  select k.tenant_id from api_keys k where k.signing_secret like any (p_patterns);
end
$$;
