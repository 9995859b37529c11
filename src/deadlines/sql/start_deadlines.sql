-- Starts the deadlines that the inboxes of these conversations ask for: to reply, where the customer awaits a reply, and
-- with p_distributed to accept. Running ones continue. The caller has locked the conversations.
create or replace function start_deadlines(p_tenant uuid, p_conversations uuid[], p_distributed boolean)
returns void
language plpgsql volatile
as $$
begin
  insert into deadlines (tenant_id, conversation_id, kind, operator_id, expires_at)
  select p_tenant, c.id, k.kind, c.assigned_operator_id, now() + k.seconds * interval '1 second'
  from unnest(p_conversations) as u (id)
  cross join lateral (
    select c.id, c.inbox_id, c.assigned_operator_id, c.awaiting_reply_since from conversations c
    where c.tenant_id = p_tenant and c.id = u.id and c.assigned_operator_id is not null offset 0) c
  join inboxes i on i.tenant_id = p_tenant and i.id = c.inbox_id
  cross join lateral (values
    ('ACCEPT', case when p_distributed then i.accept_within_seconds end),
    ('REPLY', case when c.awaiting_reply_since is not null then i.reply_within_seconds end)) as k (kind, seconds)
  where k.seconds is not null
  order by c.id, k.kind
  on conflict (tenant_id, conversation_id, kind) do nothing;
end
$$;
