-- Locks the first waiting conversation of the inboxes that the operator has not declined (declining_operators) and
-- returns it with its score; null when nothing waits. It is
-- called when other transactions hold all that wait. They may hold them only for the moment of a new message, so it
-- waits instead of answering that nothing waits. The caller has locked the operator already, so the order of the locks
-- holds.
create or replace function wait_for_first(
  p_settings priority_settings, p_inboxes uuid[], p_operator uuid,
  out conversation uuid, out score double precision)
language plpgsql volatile
as $$
declare
  as_of timestamptz;
  first uuid;
  picked record;
  skipped uuid[] := '{}';
begin
  loop
    as_of := clock_timestamp();
    select q.id into first
    from queue_page(p_settings, p_inboxes, as_of, 1 + cardinality(skipped), 'Infinity', '-infinity',
      '00000000-0000-0000-0000-000000000000') q
    where q.id <> all (skipped)
    order by q.urgency desc, q.basis_at, q.id
    limit 1;
    exit when not found;
    -- Before the lock: it must hold no conversation while it waits for another one.
    if exists (
      select 1 from conversations c
      where c.tenant_id = p_settings.tenant_id and c.id = first and c.declined_until > as_of
        and p_operator = any (declining_operators(p_settings.tenant_id, c.id, c.inbox_id))
    ) then
      skipped := skipped || first;
      continue;
    end if;
    select c.id, queue_count(p_settings, c.message_count, c.waiting_message_count) as queue_count, c.basis_at,
      c.boost_minutes + inbox_boost(p_settings, c.inbox_id) as boost_minutes
    into picked from conversations c
    where c.tenant_id = p_settings.tenant_id and c.id = first and c.inbox_id = any (p_inboxes)
      and c.state is not distinct from 'QUEUED'
    for no key update;
    continue when not found;
    conversation := picked.id;
    score := queue_score(p_settings, p_inboxes, picked.id, picked.queue_count, picked.boost_minutes, picked.basis_at,
      as_of);
    exit;
  end loop;
end
$$;
