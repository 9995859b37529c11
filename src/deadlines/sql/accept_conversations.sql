-- The holders accept these conversations: ends what is left to accept and records it in the ledger, and their misses in
-- a row begin anew. Where nothing is to be accepted, nothing changes. The arrays correspond by position: conversation,
-- entry of the ledger. The caller has locked the conversations.
create or replace function accept_conversations(
  p_tenant uuid, p_conversations uuid[], p_events uuid[], p_actor_type text, p_actor text, p_reason text)
returns void
language plpgsql volatile
as $$
declare
  accepted uuid[];
  holders uuid[];
begin
  with ended as (
    -- IS NOT DISTINCT FROM: with the kind as a condition, a scan of the whole tenant could look as good as these keys.
    delete from deadlines d
    where d.tenant_id = p_tenant and d.conversation_id = any (p_conversations) and d.kind is not distinct from 'ACCEPT'
    returning d.conversation_id, d.operator_id
  )
  select array_agg(e.conversation_id order by e.conversation_id), array_agg(distinct e.operator_id)
  into accepted, holders from ended e;
  if accepted is null then return; end if;
  perform record_in_place(p_tenant, 'conversation.accepted', accepted,
    array(select p_events[array_position(p_conversations, u.id)] from unnest(accepted) with ordinality as u (id, n) order by u.n),
    p_actor_type, p_actor, array_fill(p_reason, array[cardinality(accepted)]));
  delete from missed_acceptances m where m.tenant_id = p_tenant and m.operator_id = any (holders);
end
$$;
