-- Gives a conversation that came to another inbox the labels of the same name there, and detaches the others. Returns each
-- former label with its replacement or null. The caller has locked the conversation.
create or replace function exchange_labels(p_tenant uuid, p_conversation uuid, p_inbox uuid)
returns table (id uuid, name text, color text, new_id uuid, new_color text)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  former uuid[];
begin
  -- Keeps labels of the new inbox from being deleted meanwhile.
  perform 1
  from conversation_labels a
  join labels l on l.tenant_id = p_tenant and l.id = a.label_id
  join labels n on n.tenant_id = p_tenant and n.inbox_id = p_inbox and n.name_key = l.name_key and n.deleted_at is null
  where a.tenant_id = p_tenant and a.conversation_id = p_conversation
  order by n.id
  for key share of n;

  former := array(
    select a.label_id from conversation_labels a
    join labels l on l.tenant_id = p_tenant and l.id = a.label_id and l.inbox_id <> p_inbox
    where a.tenant_id = p_tenant and a.conversation_id = p_conversation);
  if former = '{}' then return; end if;
  return query
  select l.id, l.name, l.color, n.id, n.color
  from labels l
  left join labels n on n.tenant_id = p_tenant and n.inbox_id = p_inbox and n.name_key = l.name_key and n.deleted_at is null
  where l.tenant_id = p_tenant and l.id = any (former) and l.deleted_at is null
  order by l.name, l.id;
  insert into conversation_labels (tenant_id, conversation_id, label_id, last_message_at)
  select a.tenant_id, a.conversation_id, n.id, a.last_message_at
  from conversation_labels a
  join labels l on l.tenant_id = a.tenant_id and l.id = a.label_id and l.deleted_at is null
  join labels n on n.tenant_id = a.tenant_id and n.inbox_id = p_inbox and n.name_key = l.name_key and n.deleted_at is null
  where a.tenant_id = p_tenant and a.conversation_id = p_conversation and a.label_id = any (former);
  delete from conversation_labels a
  where a.tenant_id = p_tenant and a.conversation_id = p_conversation and a.label_id = any (former);
end
$$;
