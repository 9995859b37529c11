-- Allocates to each operator the best conversation of their inboxes, as if they had asked one after the other. Sets the
-- tenant itself, so it is one round trip. p_events holds an id for the ledger per operator. Returns a row per operator,
-- in their order: refusal is null on success; details are null when nothing waits. HELD_UP means that the operator
-- would have to wait for a lock, and the others of the batch with them. With p_may_wait a single operator does wait.
create or replace function allocate_conversations(p_tenant uuid, p_operators uuid[], p_events uuid[], p_may_wait boolean)
returns table (nth integer, refusal text, details conversation_response)
language plpgsql volatile
as $$
declare
  -- A batch that has locked conversations must not wait for another one: its holder may be waiting for one of these.
  may_wait constant boolean := p_may_wait and cardinality(p_operators) = 1;
  ranking record;
  settings priority_settings;
  refusals text[];
  asking boolean[];
  turn boolean[];
  received uuid[];
  held_up boolean[];
  round record;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  perform share_ranking(p_tenant);
  refusals := lock_operators(p_tenant, p_operators, may_wait);
  select s.settings, s.auto_subscribe into ranking from queue_settings s where s.tenant_id = p_tenant;
  settings := ranking.settings;
  for n in 1 .. cardinality(p_operators) loop
    asking[n] := refusals[n] is null;
  end loop;
  if has_lasting_order(settings) then
    round := allocate_round(settings, ranking.auto_subscribe, p_operators, p_events, asking, may_wait);
    received := round.received;
    held_up := round.held_up;
  else
    -- Allocating one changes the scores of the rest, so the operators get theirs one after the other.
    for n in 1 .. cardinality(p_operators) loop
      continue when not asking[n];
      turn := array_fill(false, array[cardinality(p_operators)]);
      turn[n] := true;
      round := allocate_round(settings, ranking.auto_subscribe, p_operators, p_events, turn, may_wait);
      received[n] := round.received[n];
      held_up[n] := round.held_up[n];
    end loop;
  end if;
  for n in 1 .. cardinality(p_operators) loop
    nth := n;
    refusal := coalesce(refusals[n], case when held_up[n] then 'HELD_UP' end);
    details := case when received[n] is not null then conversation_row(p_tenant, received[n]) end;
    return next;
  end loop;
end
$$;
