-- Queues the conversations of a deactivated operator again, as many as p_events has ids for ledger entries. Returns the
-- inbox of each. The caller shares the ranking and has locked the operator.
create or replace function release_conversations(p_tenant uuid, p_operator uuid, p_events uuid[])
returns table (inbox_id uuid)
language plpgsql volatile
as $$
declare
  held uuid[];
  inboxes uuid[];
begin
  select array_agg(h.id), array_agg(h.inbox_id) into held, inboxes from (
    select c.id, c.inbox_id from conversations c
    where c.tenant_id = p_tenant and c.assigned_operator_id = p_operator and c.state = 'ALLOCATED'
    order by c.external_conversation_id, c.origin_inbox_id
    limit cardinality(p_events)
    for no key update) h;
  if held is null then return; end if;
  perform transition_conversations(p_tenant, 'conversation.released', held, p_events[:cardinality(held)],
    'ALLOCATED', array_fill(p_operator, array[cardinality(held)]), 'QUEUED', null, 'SYSTEM', null,
    array['The operator was deactivated']);
  return query select u.id from unnest(inboxes) as u (id);
end
$$;
