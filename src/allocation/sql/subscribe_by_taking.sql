-- With autoSubscribe, subscribes each operator to the inbox of the conversation they took. The arrays correspond by
-- position. Returns the number of new subscriptions.
create or replace function subscribe_by_taking(p_tenant uuid, p_conversations uuid[], p_operators uuid[])
returns integer
language plpgsql volatile
as $$
declare
  subscribed integer;
begin
  insert into subscriptions (tenant_id, inbox_id, operator_id)
  select p_tenant, c.inbox_id, t.operator_id
  from unnest(p_conversations, p_operators) as t (id, operator_id)
  join conversations c on c.tenant_id = p_tenant and c.id = any (p_conversations) and c.id = t.id
  where (select s.auto_subscribe from tenants s where s.id = p_tenant)
  order by c.inbox_id, t.operator_id
  on conflict do nothing;
  get diagnostics subscribed = row_count;
  return subscribed;
end
$$;
