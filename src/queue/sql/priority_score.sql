-- The priority score that people see, with FIXED: the urgency that orders the queue, on the scale of the weights.
create or replace function priority_score(
  settings priority_settings, message_count integer, boost_minutes integer, basis_at timestamptz, as_of timestamptz)
returns double precision
language sql stable parallel safe
as $$
  select score_of_urgency(settings, queue_urgency(settings, message_count, boost_minutes, basis_at, as_of))
$$;
