-- The messages that count for the order of the queue: those since the customer began to wait, or all of the thread.
-- "case when", because Citus writes "case count_basis when" wrongly where the settings are known and a column is not.
create or replace function queue_count(settings priority_settings, message_count integer, waiting_message_count integer)
returns integer
language sql immutable parallel safe
as $$
  select case when settings.count_basis = 'TOTAL' then message_count else waiting_message_count end
$$;
