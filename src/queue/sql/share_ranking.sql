-- Takes a shared lock until the end of the transaction. Every transaction that writes queue keys of the tenant holds
-- it. A change of the weights rewrites all keys and holds it alone (change_ranking).
create or replace function share_ranking(p_tenant uuid)
returns void
language plpgsql volatile
as $$
begin
  perform pg_advisory_xact_lock_shared(hashtextextended(p_tenant::text, 1));
end
$$;
