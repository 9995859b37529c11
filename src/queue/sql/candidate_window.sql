-- The candidates of some inboxes with their scores, for CANDIDATE_WINDOW: min-max normalization over the most recently
-- active. A single candidate scores alpha + beta. A term in which all candidates are equal is 0. Boosts are added after the
-- normalization. urgency is the score itself.
create or replace function candidate_window(p_settings priority_settings, p_inboxes uuid[], p_as_of timestamptz)
returns table (id uuid, inbox_id uuid, urgency double precision, basis_at timestamptz, from_messages double precision)
language plpgsql stable
as $$
#variable_conflict use_column
begin
  return query
  with candidate as materialized (
    select c.id, c.inbox_id, c.basis_at, c.boost_minutes + inbox_boost(p_settings, c.inbox_id) as boost_minutes,
      queue_count(p_settings, c.message_count, c.waiting_message_count)::double precision as messages,
      epoch_microseconds(p_as_of) - epoch_microseconds(c.basis_at) as delay
    from unnest(p_inboxes) as i (inbox_id)
    cross join lateral (
      select r.* from conversations r
      where r.tenant_id = p_settings.tenant_id and r.inbox_id = i.inbox_id and r.state = 'QUEUED' and r.last_message_at > '-infinity'
      order by r.last_message_at desc, r.id desc
      limit p_settings.candidate_window
    ) c
    order by c.last_message_at desc, c.id desc
    limit p_settings.candidate_window
  )
  select s.id, s.inbox_id, s.from_messages + s.from_delay + s.from_boost, s.basis_at, s.from_messages
  from (
    select c.*,
      p_settings.alpha * case when count(*) over () = 1 then 1 else coalesce(
        (c.messages - min(c.messages) over ()) / nullif(max(c.messages) over () - min(c.messages) over (), 0), 0)
      end as from_messages,
      p_settings.beta * case when count(*) over () = 1 then 1 else coalesce(
        (c.delay - min(c.delay) over ()) / nullif(max(c.delay) over () - min(c.delay) over (), 0), 0)
      end as from_delay,
      score_of_urgency(p_settings, queue_boost(p_settings, c.boost_minutes)) as from_boost
    from candidate c
  ) s;
end
$$;
