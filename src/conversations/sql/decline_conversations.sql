-- Notes that operators are not given these conversations again for the declineSeconds of the tenant (0: no decline).
-- The arrays correspond by position. p_is_strict: also while nobody else could take them. The caller has locked the
-- conversations. allocate and distribution read the declines of a conversation only before its declined_until.
create or replace function decline_conversations(
  p_tenant uuid, p_conversations uuid[], p_operators uuid[], p_is_strict boolean)
returns void
language plpgsql volatile
as $$
declare
  ends timestamptz;
  -- A variable: Citus allows no clock in DO UPDATE.
  moment constant timestamptz := now();
begin
  -- The clock and not the start of the transaction, which may have waited for a lock.
  select clock_timestamp() + t.decline_seconds * interval '1 second' into ends
  from tenants t where t.id = p_tenant and t.decline_seconds > 0;
  if ends is null then return; end if;
  insert into declines as d (tenant_id, conversation_id, operator_id, declined_until, is_strict)
  select distinct p_tenant, n.conversation_id, n.operator_id, ends, p_is_strict
  from unnest(p_conversations, p_operators) as n (conversation_id, operator_id)
  where n.conversation_id is not null and n.operator_id is not null
  order by n.conversation_id, n.operator_id
  on conflict (tenant_id, conversation_id, operator_id) do update
  set declined_until = greatest(d.declined_until, excluded.declined_until),
    -- A strict decline that has not ended stays strict.
    is_strict = excluded.is_strict or d.is_strict and d.declined_until > moment;
  update conversations c set declined_until = greatest(c.declined_until, ends)
  where c.tenant_id = p_tenant and c.id = any (p_conversations);
end
$$;
