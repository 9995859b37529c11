-- The messages that count for the order of the queue: those since the customer began to wait, or all of the thread.
create or replace function queue_count(settings priority_settings, message_count integer, waiting_message_count integer)
returns integer
language sql immutable parallel safe
as $$
  select case settings.count_basis when 'TOTAL' then message_count else waiting_message_count end
$$;
