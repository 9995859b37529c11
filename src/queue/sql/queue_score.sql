-- The score of a waiting conversation in the queue of some inboxes. The boost is that of the conversation and of its
-- inbox. With CANDIDATE_WINDOW the score depends on the other conversations there; null means that the conversation is
-- no candidate.
create or replace function queue_score(
  settings priority_settings, inboxes uuid[], id uuid, message_count integer, boost_minutes integer, basis_at timestamptz,
  as_of timestamptz)
returns double precision
language plpgsql stable
as $$
begin
  if settings.normalization = 'FIXED' then
    return priority_score(settings, message_count, boost_minutes, basis_at, as_of);
  end if;
  return (select w.urgency from candidate_window(settings, inboxes, as_of) w where w.id = queue_score.id);
end
$$;
