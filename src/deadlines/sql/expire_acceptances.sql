-- Returns conversations to the queue that were distributed and not accepted in time, the earliest deadline first, as
-- many as p_events has ids for the ledger. It counts as a decline. Who has missed missesBeforePause of them in a row is
-- PAUSED (p_pauses: ids for that). Returns the inbox and the former holder of each. It skips operators and conversations
-- that somebody else has locked: they decide, or the next run does. The caller shares the ranking (share_ranking).
create or replace function expire_acceptances(p_tenant uuid, p_events uuid[], p_pauses uuid[])
returns table (inbox_id uuid, operator_id uuid)
language plpgsql volatile
as $$
declare
  looked_at constant integer := 4 * cardinality(p_events);
  locked uuid[];
  due uuid[];
  holders uuid[];
  inboxes uuid[];
  misses integer;
  paused integer := 0;
  missed record;
begin
  -- Operators before conversations.
  locked := array(
    select o.id from operators o
    where o.tenant_id = p_tenant and o.id = any (array(
      select d.operator_id from deadlines d
      where d.tenant_id = p_tenant and d.kind = 'ACCEPT' and d.expires_at > '-infinity' and d.expires_at <= now()
      order by d.expires_at limit looked_at))
    order by o.id
    for no key update skip locked);
  select array_agg(d.id), array_agg(d.holder), array_agg(d.inbox_id) into due, holders, inboxes from (
    select c.id, c.assigned_operator_id as holder, c.inbox_id
    from (
      select d.conversation_id, d.operator_id from deadlines d
      where d.tenant_id = p_tenant and d.kind = 'ACCEPT' and d.expires_at > '-infinity' and d.expires_at <= now()
      order by d.expires_at limit looked_at) late
    cross join lateral (
      select c.id, c.assigned_operator_id, c.inbox_id from conversations c
      where c.tenant_id = p_tenant and c.id = late.conversation_id and c.assigned_operator_id = late.operator_id
        and c.state is not distinct from 'ALLOCATED' and late.operator_id = any (locked)
      for no key update skip locked) c
    cross join lateral (
      select 1 from deadlines d
      where d.tenant_id = p_tenant and d.conversation_id = c.id and d.kind = 'ACCEPT'
        and d.operator_id = c.assigned_operator_id and d.expires_at <= now()
      for update skip locked) d
    limit cardinality(p_events)) d;
  if due is null then return; end if;
  perform transition_conversations(p_tenant, 'conversation.not_accepted', due, p_events[:cardinality(due)],
    'ALLOCATED', holders, 'QUEUED', null, 'SYSTEM', null, array['The operator did not accept it in time']);
  perform decline_conversations(p_tenant, due, holders, false);

  select t.misses_before_pause into misses from tenants t where t.id = p_tenant;
  for missed in
    insert into missed_acceptances as m (tenant_id, operator_id, in_a_row)
    select p_tenant, h.id, count(*) from unnest(holders) as h (id) group by h.id order by h.id
    on conflict on constraint missed_acceptances_pk do update set in_a_row = m.in_a_row + excluded.in_a_row
    returning m.operator_id, m.in_a_row
  loop
    continue when missed.in_a_row < misses;
    -- They begin anew when they are back.
    delete from missed_acceptances m where m.tenant_id = p_tenant and m.operator_id = missed.operator_id;
    continue when not exists (
      select 1 from operators o
      where o.tenant_id = p_tenant and o.id = missed.operator_id and o.availability = 'AVAILABLE');
    paused := paused + 1;
    perform change_availability(p_tenant, missed.operator_id, 'PAUSED',
      format('Did not accept %s in a row', missed.in_a_row), null, p_pauses[paused], 'SYSTEM', null,
      format('The operator did not accept %s conversations in a row', missed.in_a_row));
  end loop;
  return query select u.inbox_id, u.operator_id from unnest(inboxes, holders) as u (inbox_id, operator_id);
end
$$;
