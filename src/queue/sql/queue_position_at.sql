-- The same as queue_position, at a moment that the caller gives. It depends on nothing else, as Citus demands of what
-- stands in DO UPDATE SET.
create or replace function queue_position_at(
  settings priority_settings, message_count integer, boost_minutes integer, last_message_at timestamptz,
  waiting_since timestamptz, as_of timestamptz)
returns table (basis_at timestamptz, saturated boolean, queue_key double precision)
language sql immutable
as $$
  select b.basis_at, s.saturated,
    queue_bonus(settings, message_count) + queue_boost(settings, boost_minutes)
      - case when s.saturated then 0 else epoch_microseconds(b.basis_at) end
  from (select queue_basis(settings, last_message_at, waiting_since) as basis_at) b
  cross join lateral (
    select epoch_microseconds(as_of) - epoch_microseconds(b.basis_at) >= queue_cap(settings) as saturated) s
$$;
