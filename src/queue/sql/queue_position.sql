-- The columns basis_at, saturated and queue_key of a conversation that enters or stays in the queue: one row. The boost
-- is that of the conversation alone, not that of its inbox.
create or replace function queue_position(
  settings priority_settings, message_count integer, boost_minutes integer, last_message_at timestamptz,
  waiting_since timestamptz)
returns table (basis_at timestamptz, saturated boolean, queue_key double precision)
language sql stable
as $$
  select q.basis_at, q.saturated, q.queue_key
  from queue_position_at(settings, message_count, boost_minutes, last_message_at, waiting_since, now()) q
$$;
