-- A page of the merged queue of some inboxes, best first: highest urgency, then older basis, then id. It starts after
-- the row (p_after_urgency, p_after_basis, p_after_id). p_as_of is the moment of the reader's first page; the pages
-- stay exact although time passes.
create or replace function queue_page(
  p_settings priority_settings, p_inboxes uuid[], p_as_of timestamptz, p_limit integer, p_after_urgency double
  precision, p_after_basis timestamptz, p_after_id uuid)
returns table (id uuid, inbox_id uuid, urgency double precision, basis_at timestamptz)
language plpgsql stable
as $$
#variable_conflict use_column
begin
  if p_settings.normalization = 'CANDIDATE_WINDOW' then
    return query
    select w.id, w.inbox_id, w.urgency, w.basis_at
    from candidate_window(p_settings, p_inboxes, p_as_of) w
    where w.urgency < p_after_urgency
      or (w.urgency = p_after_urgency and (w.basis_at, w.id) > (p_after_basis, p_after_id))
    order by w.urgency desc, w.basis_at, w.id
    limit p_limit;
  elsif not p_settings.is_reranking then
    return query
    select f.* from stored_queue_page(
      p_settings, p_inboxes, p_as_of, p_limit, p_after_urgency, p_after_basis, p_after_id) f;
  elsif has_order_by_count(p_settings) and p_after_urgency = 'Infinity' then
    return query
    select h.*
    from heads_by_count(p_settings, p_inboxes, array_fill(p_limit, array[cardinality(p_inboxes)]), p_as_of) h
    order by h.urgency desc, h.basis_at, h.id
    limit p_limit;
  else
    return query
    select s.* from scanned_queue_page(
      p_settings, p_inboxes, p_as_of, p_limit, p_after_urgency, p_after_basis, p_after_id) s;
  end if;
end
$$;
