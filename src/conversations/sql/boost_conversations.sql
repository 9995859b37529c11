-- Sets the boosts of conversations of any state and records each change: in the key of those that wait, in their
-- version and in the ledger. Where the minutes are the same it changes nothing. The arrays correspond by position:
-- conversation, entry of the ledger, minutes, and why or null. The caller shares the ranking (share_ranking) and has
-- then locked the conversations.
create or replace function boost_conversations(
  p_tenant uuid, p_conversations uuid[], p_events uuid[], p_minutes integer[], p_actor_type text, p_actor text,
  p_reasons text[])
returns void
language plpgsql volatile
as $$
declare
  settings priority_settings;
  changed record;
begin
  select (s.settings).* into settings from queue_settings s where s.tenant_id = p_tenant;
  with changed as (
    update conversations c
    set boost_minutes = e.minutes, (basis_at, saturated, queue_key) = (
      select q.basis_at, q.saturated, q.queue_key
      from queue_position(settings, queue_count(settings, c.message_count, c.waiting_message_count), e.minutes,
        c.last_message_at, c.waiting_since) q
      where c.state = 'QUEUED')
    from unnest(p_conversations, p_events, p_minutes, p_reasons) with ordinality as e (id, event_id, minutes, reason, n)
    where c.tenant_id = p_tenant and c.id = any (p_conversations) and c.id = e.id and c.boost_minutes <> e.minutes
    returning c.id, e.event_id, e.n, e.reason, e.minutes
  )
  select array_agg(c.id order by c.n) as ids, array_agg(c.event_id order by c.n) as events,
    array_agg(case c.minutes when 0 then 'No longer boosted' when 1 then 'Boosted by 1 minute'
      else format('Boosted by %s minutes', c.minutes) end || coalesce(': ' || c.reason, '') order by c.n) as reasons
  into changed from changed c;
  if changed.ids is not null then
    perform record_in_place(p_tenant, 'conversation.boosted', changed.ids, changed.events, p_actor_type, p_actor,
      changed.reasons);
  end if;
end
$$;
