-- For a resolution, how long the last holder had the conversation; null for every other entry. The times are starts of
-- transactions. A transaction that waited can have started before the one it waited for; that counts as 0.
create or replace function microseconds_held(
  p_tenant uuid, p_type text, p_conversation uuid, p_version integer, p_from_operator uuid, p_occurred_at timestamptz)
returns table (microseconds bigint)
language plpgsql stable
as $$
begin
  if p_type = 'conversation.resolved' and p_from_operator is not null then
    microseconds := (
      select greatest(epoch_microseconds(p_occurred_at) - epoch_microseconds(g.occurred_at), 0)::bigint
      from conversation_events g
      where g.tenant_id = p_tenant and g.conversation_id = p_conversation and g.version < p_version
        and g.to_operator_id = p_from_operator and g.from_operator_id is distinct from g.to_operator_id
      order by g.version desc
      limit 1);
  end if;
  return next;
end
$$;
