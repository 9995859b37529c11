-- Locks a quota of a tenant until the end of the transaction, so that one transaction at a time counts against it.
create or replace function lock_quota(p_tenant uuid, p_quota text)
returns void
language plpgsql volatile
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(concat_ws(' ', p_tenant, p_quota), 6));
end
$$;
