-- Gives a conversation that came to another inbox the labels of the same name there, and detaches the others. Returns each
-- former label with its replacement or null. The caller has locked the conversation.
create or replace function exchange_labels(p_tenant uuid, p_conversation uuid, p_inbox uuid)
returns table (id uuid, name text, color text, new_id uuid, new_color text)
language plpgsql volatile
as $$
begin
  -- Keeps labels of the new inbox from being deleted meanwhile.
  perform 1
  from conversation_labels a
  join labels l on l.tenant_id = p_tenant and l.id = a.label_id
  join labels n on n.tenant_id = p_tenant and n.inbox_id = p_inbox and n.name_key = l.name_key and n.deleted_at is null
  where a.tenant_id = p_tenant and a.conversation_id = p_conversation
  order by n.id
  for key share of n;

  return query
  with old as (
    delete from conversation_labels a using labels l
    where a.tenant_id = p_tenant and a.conversation_id = p_conversation and l.tenant_id = p_tenant
      and l.id = a.label_id and l.inbox_id <> p_inbox
    returning l.id, l.name, l.name_key, l.color, l.deleted_at, a.last_message_at
  ), new as (
    insert into conversation_labels (tenant_id, conversation_id, label_id, last_message_at)
    select p_tenant, p_conversation, n.id, o.last_message_at
    from old o
    join labels n on n.tenant_id = p_tenant and n.inbox_id = p_inbox and n.name_key = o.name_key and n.deleted_at is null
    where o.deleted_at is null
  )
  select o.id, o.name, o.color, n.id, n.color
  from old o
  left join labels n on n.tenant_id = p_tenant and n.inbox_id = p_inbox and n.name_key = o.name_key and n.deleted_at is null
  where o.deleted_at is null
  order by o.name, o.id;
end
$$;
