-- How a ledger entry changes the number of waiting conversations by inbox. Moving a waiting conversation changes two
-- inboxes.
create or replace function queue_changes_of(p_from_state text, p_from_inbox uuid, p_to_state text, p_to_inbox uuid)
returns table (inbox_id uuid, change integer)
language sql immutable
as $$
  select c.inbox_id, c.change
  from (values (p_to_inbox, 1, p_to_state), (p_from_inbox, -1, p_from_state)) c (inbox_id, change, state)
  where c.state = 'QUEUED'
$$;
