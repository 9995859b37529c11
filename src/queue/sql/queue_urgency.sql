-- How urgent a waiting conversation is at a moment, in microseconds of waiting. The queue is ordered by it. This
-- computes it from the settings instead of the stored key. The boost is that of the conversation and of its inbox.
create or replace function queue_urgency(
  settings priority_settings, message_count integer, boost_minutes integer, basis_at timestamptz, as_of timestamptz)
returns double precision
language sql stable
as $$
  select queue_bonus(settings, message_count) + queue_boost(settings, boost_minutes)
    + least(epoch_microseconds(as_of) - epoch_microseconds(basis_at), queue_cap(settings))
$$;
