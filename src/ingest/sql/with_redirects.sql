-- The items of ingest_messages or of ingest_replies (p_are_replies), each with the id of the inbox that it goes to. It is
-- needed where the tenant has an archived inbox, and for replies that name a number. An active inbox with the number
-- comes before archived ones, and of these one that knows the thread.
--
-- What names an archived inbox goes to its redirect, unless the inbox knows the thread: then it counts in that
-- conversation. Without a redirect an item is refused: it then has no inbox, and inboxRefusal says INBOX_INACTIVE. Only
-- replies to threads that the inbox knows are ingested all the same. reopensIn is set where the conversation of the
-- thread is in an archived inbox: where a message reopens it (move_reopening). An item with an unknown inbox stays as it
-- is.
create or replace function with_redirects(p_tenant uuid, p_items jsonb, p_are_replies boolean)
returns jsonb
language plpgsql stable
as $$
begin
  return (
    select coalesce(jsonb_agg(
      case
        when named.id is null then i.item
        when target.id is null then (i.item - 'inboxId' - 'inboxPhoneNumber') || '{"inboxRefusal": "INBOX_INACTIVE"}'
        else (i.item - 'inboxPhoneNumber') || jsonb_build_object('inboxId', target.id)
          || case when known.is_archived and not p_are_replies
            then jsonb_build_object('reopensIn', case when named.is_active then named.id else named.redirect_to_inbox_id end)
            else '{}' end
      end order by i.n), '[]')
    from jsonb_array_elements(p_items) with ordinality as i (item, n)
    left join lateral (
      select x.id, x.is_active, x.redirect_to_inbox_id,
        exists (
          select 1 from conversations c
          where c.tenant_id = p_tenant and c.external_conversation_id = i.item ->> 'externalConversationId'
            and c.origin_inbox_id = x.id) as knows
      from inboxes x
      where x.tenant_id = p_tenant and (
        x.id = (i.item ->> 'inboxId')::uuid
        or x.phone_number = i.item ->> 'inboxPhoneNumber' and x.is_active
        or x.phone_number = i.item ->> 'inboxPhoneNumber' and not x.is_active)
      order by x.is_active desc, knows desc, x.redirect_to_inbox_id is null, x.updated_at desc, x.id
      limit 1) named on true
    left join lateral (
      select case
        when named.is_active or named.knows and (p_are_replies or named.redirect_to_inbox_id is not null) then named.id
        else named.redirect_to_inbox_id end as id) target on true
    left join lateral (
      select not n.is_active as is_archived
      from conversations c
      join inboxes n on n.tenant_id = p_tenant and n.id = c.inbox_id
      where c.tenant_id = p_tenant and c.external_conversation_id = i.item ->> 'externalConversationId'
        and c.origin_inbox_id = target.id) known on true);
end
$$;
