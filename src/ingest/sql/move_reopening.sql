-- Moves resolved conversations that messages will reopen out of archived inboxes, to those that reopensIn of the items
-- names, with their labels. Items: as in ingest_messages, after with_redirects. Those with a messageId count only if they
-- are the first with one of p_messages, in the thread and inbox at the same position. The caller shares the ranking
-- (share_ranking) and has locked the conversations.
create or replace function move_reopening(
  p_tenant uuid, p_service text, p_items jsonb, p_threads text[], p_inboxes uuid[], p_messages text[])
returns void
language plpgsql volatile
as $$
declare
  moving record;
begin
  for moving in
    select r.from_inbox, r.to_inbox, array_agg(r.id) as ids, array_agg(r.event_id) as events
    from (
      select distinct on (c.id) c.id, c.inbox_id as from_inbox, i."reopensIn" as to_inbox,
        id_before(i."eventId") as event_id
      from jsonb_to_recordset(p_items) as i (
        "index" integer, "eventId" uuid, "externalConversationId" text, "inboxId" uuid, "messageId" text,
        "occurredAt" timestamptz, strict boolean, "reopensIn" uuid)
      cross join lateral (
        select k.id, k.inbox_id, k.state, k.resolved_at from conversations k
        where k.tenant_id = p_tenant and k.external_conversation_id = i."externalConversationId"
          and k.origin_inbox_id = i."inboxId" offset 0) c
      join inboxes a on a.tenant_id = p_tenant and a.id = c.inbox_id and not a.is_active
      where i."reopensIn" is not null and c.state = 'RESOLVED'
        and (i.strict is not true or i."occurredAt" is null or i."occurredAt" <= now() + interval '5 minutes')
        and (i."messageId" is null or (i."externalConversationId", i."messageId", i."inboxId") in (
          select f.thread, f.message, f.inbox from unnest(p_threads, p_messages, p_inboxes) as f (thread, message, inbox)))
        -- As in ingest_messages: what makes the customer wait again.
        and (i."occurredAt" <= c.resolved_at and i."occurredAt" < now()) is not true
      order by c.id, i."index") r
    group by r.from_inbox, r.to_inbox
    order by r.from_inbox, r.to_inbox
  loop
    perform transition_conversations(p_tenant, 'conversation.moved', moving.ids, moving.events, 'RESOLVED',
      array_fill(null::uuid, array[cardinality(moving.ids)]), 'RESOLVED', null, 'SERVICE', array[p_service],
      array['Its inbox is archived and redirects to another one'], null, moving.from_inbox, moving.to_inbox);
    perform 1 from unnest(moving.ids) as u (id)
    cross join lateral exchange_labels(p_tenant, u.id, moving.to_inbox);
  end loop;
end
$$;
