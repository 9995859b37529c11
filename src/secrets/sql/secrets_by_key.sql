-- How many secrets are stored under each key of SECRETS_KEY; without a key: in clear.
create or replace function secrets_by_key()
returns table (key_id text, secrets bigint)
language sql stable security definer
set search_path = public, pg_temp
as $$
  select case when s.secret like 'sealed:%' then split_part(s.secret, ':', 2) end, count(*)
  from (
    select w.secret from webhooks w
    union all select w.former_secret from webhooks w where w.former_secret is not null
    union all select k.signing_secret from api_keys k where k.signing_secret is not null
  ) s
  group by 1
$$;
