-- The columns basis_at, saturated and queue_key of a conversation that enters or stays in the queue: one row. The boost
-- is that of the conversation alone, not that of its inbox.
create or replace function queue_position(
  settings priority_settings, message_count integer, boost_minutes integer, last_message_at timestamptz,
  waiting_since timestamptz)
returns table (basis_at timestamptz, saturated boolean, queue_key double precision)
language sql stable
as $$
  select b.basis_at, s.saturated,
    queue_bonus(settings, message_count) + queue_boost(settings, boost_minutes)
      - case when s.saturated then 0 else epoch_microseconds(b.basis_at) end
  from (select queue_basis(settings, last_message_at, waiting_since) as basis_at) b
  cross join lateral (
    select epoch_microseconds(now()) - epoch_microseconds(b.basis_at) >= queue_cap(settings) as saturated) s
$$;
