-- Whoever writes queue keys of the tenant shares this lock until the end of the transaction. A change of the weights, which
-- rewrites all keys, holds it alone (change_ranking).
create or replace function share_ranking(p_tenant uuid)
returns void
language sql volatile
as $$
  select pg_advisory_xact_lock_shared(hashtextextended(p_tenant::text, 1))
$$;
