-- Gives known conversations the boosts that came with their messages, and records them. Items: {thread, inbox (it came
-- in by), minutes, eventId, isLatest}. What came with an older message than the latest counts only where there is no
-- boost, as with a subject. The caller shares the ranking (share_ranking) and has then locked the conversations.
create or replace function boost_threads(p_tenant uuid, p_service text, p_boosts jsonb)
returns void
language plpgsql volatile
as $$
declare
  boosted record;
begin
  select array_agg(c.id) as ids, array_agg(b."eventId") as events, array_agg(b.minutes) as minutes,
    array_agg('a message says so'::text) as reasons
  into boosted
  from jsonb_to_recordset(p_boosts) as b (
    thread text, inbox uuid, minutes integer, "eventId" uuid, "isLatest" boolean)
  cross join lateral (
    select k.id, k.boost_minutes from conversations k
    where k.tenant_id = p_tenant and k.external_conversation_id = b.thread and k.origin_inbox_id = b.inbox offset 0) c
  where b."isLatest" or c.boost_minutes = 0;
  if boosted.ids is not null then
    perform boost_conversations(p_tenant, boosted.ids, boosted.events, boosted.minutes, 'SERVICE', p_service,
      boosted.reasons);
  end if;
end
$$;
