-- Carries on with one unfinished change of a label: detaches a deleted one from up to p_limit conversations, or looks at
-- p_limit conversations to attach a new one to those of its inbox that are older than the label. It is done when it
-- returns 0; otherwise it returns p_limit. p_label: only the changes of this label; null: of all. It skips labels that
-- another transaction has locked.
create or replace function change_labels(p_tenant uuid, p_label uuid, p_limit integer)
returns integer
language plpgsql volatile
as $$
declare
  -- No conversation has such an id.
  first constant uuid := '00000000-0000-0000-0000-000000000000';
  second constant uuid := '00000000-0000-0000-0000-000000000001';
  label record;
  attached uuid[];
  looked_at uuid[];
begin
  select l.id, l.inbox_id, l.created_at, l.deleted_at, l.attached_up_to into label
  from labels l
  where l.tenant_id = p_tenant and (l.deleted_at is not null or l.attached_up_to is not null)
    and (p_label is null or l.id = p_label)
  order by l.id
  limit 1
  for no key update skip locked;
  if not found then return 0; end if;

  if label.deleted_at is not null then
    attached := array(
      select a.conversation_id from conversation_labels a
      where a.tenant_id = p_tenant and a.label_id = label.id
      order by a.last_message_at, a.conversation_id
      limit p_limit);
    -- The order is that of copy_last_messages. "is true" hides the index by label, of which this would read all.
    perform 1 from conversation_labels a
    where a.tenant_id = p_tenant and (a.label_id = label.id) is true and a.conversation_id = any (attached)
    order by a.conversation_id
    for update;
    delete from conversation_labels a
    where a.tenant_id = p_tenant and (a.label_id = label.id) is true and a.conversation_id = any (attached);
    if cardinality(attached) < p_limit then
      delete from labels l where l.tenant_id = p_tenant and l.id = label.id;
    end if;
    return p_limit;
  end if;

  -- Waits for the transactions that put a conversation into the inbox and have not seen the label: each has a key lock on
  -- the inbox for its foreign key. Those that begin later see it. This transaction ends at once, because the ones that
  -- wait for the inbox may hold conversations.
  if label.attached_up_to = first then
    perform 1 from inboxes i where i.tenant_id = p_tenant and i.id = label.inbox_id for update;
    update labels l set attached_up_to = second where l.tenant_id = p_tenant and l.id = label.id;
    return p_limit;
  end if;

  looked_at := array(
    select c.id from conversations c
    where c.tenant_id = p_tenant and c.id > label.attached_up_to
    order by c.id
    limit p_limit);
  -- The lock makes a move wait, which then exchanges the label, or shows the inbox after the move.
  insert into conversation_labels (tenant_id, conversation_id, label_id, last_message_at)
  select p_tenant, e.id, label.id, e.last_message_at
  from (
    select c.id, c.last_message_at from conversations c
    where c.tenant_id = p_tenant and c.id = any (looked_at) and c.inbox_id = label.inbox_id
      and c.created_at <= label.created_at
    order by c.external_conversation_id, c.origin_inbox_id
    for no key update) e
  on conflict do nothing;
  update labels l set attached_up_to = looked_at[p_limit]
  where l.tenant_id = p_tenant and l.id = label.id;
  return p_limit;
end
$$;
