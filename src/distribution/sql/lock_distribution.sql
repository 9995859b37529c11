-- Whoever distributes conversations of these inboxes of the tenant does it alone, until the end of the transaction.
create or replace function lock_distribution(p_tenant uuid, p_inboxes uuid[])
returns void
language plpgsql volatile
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(i.id::text, 2)) from (
    select distinct u.id from unnest(p_inboxes) as u (id) order by u.id) i;
end
$$;
