-- A conversation as every response shows it. With CANDIDATE_WINDOW the score depends on the other waiting conversations
-- and is null here; readers add it with candidate_scores.
create view conversation_details with (security_invoker = true) as
select c.tenant_id, c.id, c.inbox_id, c.external_conversation_id, c.customer_phone_number, c.display_name,
  c.lead_id, c.state, c.assigned_operator_id, c.message_count, c.last_message_at, c.waiting_since,
  case when c.state = 'QUEUED' then
    (select priority_score(t.settings, queue_count(t.settings, c.message_count, c.waiting_message_count),
        c.boost_minutes + inbox_boost(t.settings, c.inbox_id), c.basis_at, statement_timestamp())
      from queue_settings t where t.tenant_id = c.tenant_id and t.normalization = 'FIXED')
  end as priority_score,
  (select coalesce(json_agg(json_build_object('id', l.id, 'name', l.name, 'color', l.color) order by l.name, l.id), '[]')
    from conversation_labels a join labels l on l.tenant_id = a.tenant_id and l.id = a.label_id
    where a.tenant_id = c.tenant_id and a.conversation_id = c.id and l.deleted_at is null) as labels,
  c.version, c.created_at, c.updated_at, c.resolved_at, c.origin_inbox_id,
  (select i.name from inboxes i where i.tenant_id = c.tenant_id and i.id = c.inbox_id) as inbox_name,
  case when c.assigned_operator_id is not null then
    (select o.name from operators o where o.tenant_id = c.tenant_id and o.id = c.assigned_operator_id)
  end as assigned_operator_name,
  c.customer_address, c.subject,
  case when c.state = 'RESOLVED' then 0 else c.waiting_message_count end as waiting_message_count,
  c.last_operator_id,
  case when c.last_operator_id is not null then
    (select o.name from operators o where o.tenant_id = c.tenant_id and o.id = c.last_operator_id)
  end as last_operator_name,
  c.boost_minutes, c.is_parked,
  case when c.is_parked then
    (select d.expires_at from deadlines d
      where d.tenant_id = c.tenant_id and d.conversation_id = c.id and d.kind = 'PARK')
  end as parked_until,
  case when c.state = 'ALLOCATED' then
    (select d.expires_at from deadlines d
      where d.tenant_id = c.tenant_id and d.conversation_id = c.id and d.kind = 'ACCEPT')
  end as accept_by,
  c.last_reply_at, c.awaiting_reply_since,
  case when c.state = 'RESOLVED' then coalesce(c.outcome, 'HANDLED') end as outcome
from conversations c;
grant select on conversation_details to inbox_app;
