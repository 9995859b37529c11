-- The conversations of threads that the orchestrator names, as replies name them. Items: {index, externalConversationId,
-- inboxId | inboxPhoneNumber}. Returns a row per item: the conversation, or why there is none.
create or replace function find_threads(p_tenant uuid, p_items jsonb)
returns table (index integer, refusal text, conversation_id uuid)
language plpgsql stable
as $$
declare
  items jsonb;
begin
  items := with_redirects(p_tenant, coalesce(with_default_inbox(p_tenant, p_items), '[]'), true);
  return query
  select i."index", case
      when i."inboxRefusal" is not null then i."inboxRefusal"
      when i."inboxId" is null and i."inboxPhoneNumber" is null then 'NO_INBOX'
      when x.id is null then 'INBOX_NOT_FOUND'
      when c.id is null then 'THREAD_NOT_FOUND' end, c.id
  from jsonb_to_recordset(items) as i (
    "index" integer, "externalConversationId" text, "inboxId" uuid, "inboxPhoneNumber" text, "inboxRefusal" text)
  left join inboxes x on x.tenant_id = p_tenant
    and (x.id = i."inboxId" or x.phone_number = i."inboxPhoneNumber" and x.is_active)
  left join lateral (
    select k.id from conversations k
    where k.tenant_id = p_tenant and k.external_conversation_id = i."externalConversationId"
      and k.origin_inbox_id = x.id offset 0) c on x.id is not null;
end
$$;
