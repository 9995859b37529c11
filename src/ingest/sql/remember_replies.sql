-- Remembers the ids of the replies among p_items, and returns the positions (index) of those that were not seen before.
-- One without an id is always new. Items: as in ingest_replies. It comes before any other lock: its insert waits for a
-- transaction that is reporting the same id.
create or replace function remember_replies(p_tenant uuid, p_items jsonb)
returns integer[]
language plpgsql volatile
as $$
declare
  fresh integer[];
begin
  with item as materialized (
    select i."index", i."externalConversationId" as thread, i."messageId" as message, x.id as inbox
    from jsonb_to_recordset(p_items) as i (
      "index" integer, "externalConversationId" text, "inboxId" uuid, "inboxPhoneNumber" text, "messageId" text)
    join inboxes x on x.tenant_id = p_tenant and (x.id = i."inboxId" or x.phone_number = i."inboxPhoneNumber" and x.is_active)
  ), first_seen as (
    insert into processed_messages (tenant_id, external_conversation_id, message_id, origin_inbox_id)
    select distinct p_tenant, i.thread, i.message, i.inbox from item i where i.message is not null
    order by i.thread, i.message, i.inbox
    on conflict do nothing
    returning external_conversation_id, message_id, origin_inbox_id
  )
  select array_agg(n."index") into fresh from (
    select i."index" from item i where i.message is null
    union all
    select min(i."index")
    from first_seen f
    join item i on i.thread = f.external_conversation_id and i.message = f.message_id and i.inbox = f.origin_inbox_id
    group by i.thread, i.message, i.inbox) n ("index");
  return coalesce(fresh, '{}');
end
$$;
