-- The holder parks a conversation, until p_until or (null) until the customer writes or they unpark it. A parked one
-- gets the new time. Parking accepts it, too. Sets the tenant itself, so it is one round trip. p_events: two ids for the
-- ledger. refusal is null on success, otherwise as in lock_own_conversation, UNTIL_PASSED, UNTIL_TOO_FAR or
-- OPERATOR_AT_PARK_LIMIT. The columns met_… describe the conversation as it was under the lock. frees: whether it counted
-- towards the load of its holder.
create or replace function park_conversation(
  p_tenant uuid, p_operator uuid, p_sees_all boolean, p_conversation uuid, p_version integer, p_until timestamptz,
  p_events uuid[])
returns table (refusal text, met_state text, met_operator_id uuid, met_version integer, frees boolean,
  details conversation_response)
language plpgsql volatile
as $$
declare
  met record;
  known record;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  -- Before the conversation, and so that two of them cannot both be the last that is allowed.
  perform 1 from operators o where o.tenant_id = p_tenant and o.id = p_operator for no key update;
  met := lock_own_conversation(p_tenant, p_conversation, p_version, array['ALLOCATED'], p_operator, p_sees_all);
  met_state := met.state;
  met_operator_id := met.operator_id;
  met_version := met.version;
  refusal := case
    when met.refusal is not null then met.refusal
    when p_until <= now() then 'UNTIL_PASSED'
    when p_until > now() + interval '1 year' then 'UNTIL_TOO_FAR' end;
  if refusal is null then
    select c.is_parked, (
      select d.expires_at from deadlines d
      where d.tenant_id = p_tenant and d.conversation_id = c.id and d.kind = 'PARK') as until
    into known from conversations c where c.tenant_id = p_tenant and c.id = p_conversation;
    frees := not known.is_parked;
    if frees and (select t.max_parked from tenants t where t.id = p_tenant) <= (
      select count(*) from conversations c
      where c.tenant_id = p_tenant and c.assigned_operator_id = p_operator and c.state = 'ALLOCATED' and c.is_parked) then
      refusal := 'OPERATOR_AT_PARK_LIMIT';
    end if;
  end if;
  if refusal is null then
    if frees or known.until is distinct from p_until then
      perform accept_conversations(p_tenant, array[p_conversation], p_events[1:1], 'OPERATOR', p_operator::text, 'Parked');
      update conversations c set is_parked = true where c.tenant_id = p_tenant and c.id = p_conversation;
      delete from deadlines d
      where d.tenant_id = p_tenant and d.conversation_id = p_conversation and d.kind = 'PARK';
      if p_until is not null then
        insert into deadlines (tenant_id, conversation_id, kind, operator_id, expires_at)
        values (p_tenant, p_conversation, 'PARK', p_operator, p_until);
      end if;
      perform record_in_place(p_tenant, 'conversation.parked', array[p_conversation], p_events[2:2], 'OPERATOR',
        p_operator::text, array['Parked by the operator'
          || coalesce(to_char(p_until at time zone 'UTC', '" until "YYYY-MM-DD HH24:MI" UTC"'), '')]);
    end if;
    details := conversation_row(p_tenant, p_conversation);
  end if;
  return next;
end
$$;
