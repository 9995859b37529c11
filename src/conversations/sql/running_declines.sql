-- The operators who have declined a conversation and whose decline has not ended. strictly: those who are not given it
-- while nobody else could take it either. Ask only before declined_until of the conversation.
create or replace function running_declines(
  p_tenant uuid, p_conversation uuid, out operators uuid[], out strictly uuid[])
language plpgsql stable
as $$
begin
  select array_agg(d.operator_id), array_agg(d.operator_id) filter (where d.is_strict) into operators, strictly
  from declines d
  where d.tenant_id = p_tenant and d.conversation_id = p_conversation and d.declined_until > clock_timestamp();
  operators := coalesce(operators, '{}');
  strictly := coalesce(strictly, '{}');
end
$$;
