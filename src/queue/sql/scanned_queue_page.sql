-- The same as stored_queue_page, without the stored keys: it reads the whole queue of the inboxes.
create or replace function scanned_queue_page(
  p_settings priority_settings, p_inboxes uuid[], p_as_of timestamptz, p_limit integer, p_after_urgency double
  precision, p_after_basis timestamptz, p_after_id uuid)
returns table (id uuid, inbox_id uuid, urgency double precision, basis_at timestamptz)
language plpgsql stable
as $$
#variable_conflict use_column
begin
  return query
  select s.id, s.inbox_id, s.urgency, s.basis_at
  from (
    select c.id, c.inbox_id, b.basis_at, queue_urgency(p_settings,
      queue_count(p_settings, c.message_count, c.waiting_message_count),
      c.boost_minutes + inbox_boost(p_settings, c.inbox_id), b.basis_at, p_as_of) as urgency
    from conversations c
    cross join lateral (select queue_basis(p_settings, c.last_message_at, c.waiting_since) as basis_at) b
    where c.tenant_id = p_settings.tenant_id and c.state = 'QUEUED' and c.inbox_id = any (p_inboxes)
  ) s
  where s.urgency < p_after_urgency
    or (s.urgency = p_after_urgency and (s.basis_at, s.id) > (p_after_basis, p_after_id))
  order by s.urgency desc, s.basis_at, s.id
  limit p_limit;
end
$$;
