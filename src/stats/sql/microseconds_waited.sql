-- How long a customer had waited when a ledger entry took their conversation from the queue. Entries from before the
-- ledger had waiting_since count from the time at which the conversation was created or last reopened. The times are
-- starts of transactions. A transaction that waited can have started before the customer's message came in; that counts
-- as 0.
create or replace function microseconds_waited(
  p_tenant uuid, p_conversation uuid, p_version integer, p_occurred_at timestamptz, p_waiting_since timestamptz)
returns bigint
language plpgsql stable
as $$
begin
  if p_waiting_since is null then
    select b.occurred_at into p_waiting_since
    from conversation_events b
    where b.tenant_id = p_tenant and b.conversation_id = p_conversation and b.version < p_version
      and b.type in ('conversation.created', 'conversation.reopened')
    order by b.version desc
    limit 1;
  end if;
  return coalesce(greatest(epoch_microseconds(p_occurred_at) - epoch_microseconds(p_waiting_since), 0), 0);
end
$$;
