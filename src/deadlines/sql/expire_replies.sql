-- Ends the time to reply of conversations whose holder has not replied, the earliest first, as many as p_events has ids
-- for the ledger: with REQUEUE of their inbox they return to the queue, and it counts as a decline; with NOTIFY it is
-- recorded, once for each wait of the customer. Returns a row for each; where it returned to the queue with its inbox and
-- former holder. It skips conversations that somebody else has locked: they decide, or the next run does. The caller
-- shares the ranking (share_ranking).
create or replace function expire_replies(p_tenant uuid, p_events uuid[])
returns table (inbox_id uuid, operator_id uuid)
language plpgsql volatile
as $$
declare
  due record;
  events uuid[] := p_events;
begin
  select array_agg(d.id) as ids,
    array_agg(d.id) filter (where d.requeues) as requeued, array_agg(d.holder) filter (where d.requeues) as holders,
    array_agg(d.inbox_id) filter (where d.requeues) as inboxes,
    array_agg(d.id) filter (where not d.requeues and not d.is_known) as overdue
  into due from (
    select c.id, c.assigned_operator_id as holder, c.inbox_id, i.on_reply_overdue = 'REQUEUE' as requeues, exists (
      select 1 from conversation_events e
      where e.tenant_id = p_tenant and e.conversation_id = c.id and e.type = 'conversation.reply_overdue'
        and e.occurred_at >= c.awaiting_reply_since) as is_known
    from (
      select d.conversation_id, d.operator_id from deadlines d
      where d.tenant_id = p_tenant and d.kind = 'REPLY' and d.expires_at > '-infinity' and d.expires_at <= now()
      order by d.expires_at limit 4 * cardinality(p_events)) late
    cross join lateral (
      select c.id, c.assigned_operator_id, c.inbox_id, c.awaiting_reply_since from conversations c
      where c.tenant_id = p_tenant and c.id = late.conversation_id and c.assigned_operator_id = late.operator_id
        and c.state is not distinct from 'ALLOCATED'
      for no key update skip locked) c
    cross join lateral (
      select 1 from deadlines d
      where d.tenant_id = p_tenant and d.conversation_id = c.id and d.kind = 'REPLY'
        and d.operator_id = c.assigned_operator_id and d.expires_at <= now()
      for update skip locked) d
    join inboxes i on i.tenant_id = p_tenant and i.id = c.inbox_id
    limit cardinality(p_events)) d;
  if due.ids is null then return; end if;
  if due.requeued is not null then
    perform transition_conversations(p_tenant, 'conversation.unanswered', due.requeued,
      events[:cardinality(due.requeued)], 'ALLOCATED', due.holders, 'QUEUED', null, 'SYSTEM', null,
      array['The operator did not reply in time']);
    perform decline_conversations(p_tenant, due.requeued, due.holders, false);
    events := events[cardinality(due.requeued) + 1:];
  end if;
  -- As in accept_conversations.
  delete from deadlines d
  where d.tenant_id = p_tenant and d.conversation_id = any (due.ids) and d.kind is not distinct from 'REPLY';
  if due.overdue is not null then
    perform record_in_place(p_tenant, 'conversation.reply_overdue', due.overdue, events[:cardinality(due.overdue)],
      'SYSTEM', null, array_fill('The operator did not reply in time'::text, array[cardinality(due.overdue)]));
  end if;
  return query
  select u.inbox_id, u.operator_id from unnest(due.inboxes, due.holders) as u (inbox_id, operator_id)
  union all
  select null::uuid, null::uuid
  from generate_series(1, cardinality(due.ids) - coalesce(cardinality(due.requeued), 0));
end
$$;
