-- Locks the distribution of these inboxes until the end of the transaction, so that one transaction at a time
-- distributes their conversations.
create or replace function lock_distribution(p_tenant uuid, p_inboxes uuid[])
returns void
language plpgsql volatile
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(i.id::text, 2)) from (
    select distinct u.id from unnest(p_inboxes) as u (id) order by u.id) i;
end
$$;
