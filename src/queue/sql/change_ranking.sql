-- Waits until no transaction writes queue keys of the tenant, and keeps others from writing them until the end of this
-- transaction.
create or replace function change_ranking(p_tenant uuid)
returns void
language plpgsql volatile
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(p_tenant::text, 1));
end
$$;
