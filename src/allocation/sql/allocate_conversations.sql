-- Gives each operator the best conversation of their inboxes, as if they had asked one after the other. p_events: an
-- id for the ledger for each. One round trip: it sets the tenant itself. Answers a row for the nth operator: refusal is
-- null on success, details are null when nothing waits. HELD_UP: they would have to wait for a lock, and others with
-- them. With p_may_wait a single operator does wait.
create or replace function allocate_conversations(p_tenant uuid, p_operators uuid[], p_events uuid[], p_may_wait boolean)
returns table (nth integer, refusal text, details conversation_response)
language plpgsql volatile
as $$
declare
  -- Whoever holds conversations for others already must not wait for one: it may be held by who waits for those.
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
    -- What is given to one changes the scores of the rest: one after the other.
    for n in 1 .. cardinality(p_operators) loop
      continue when not asking[n];
      turn := array_fill(false, array[cardinality(p_operators)]);
      turn[n] := true;
      round := allocate_round(settings, ranking.auto_subscribe, p_operators, p_events, turn, may_wait);
      received[n] := round.received[n];
      held_up[n] := round.held_up[n];
    end loop;
  end if;
  return query
  select m.n, coalesce(refusals[m.n], case when held_up[m.n] then 'HELD_UP' end), d.details
  from generate_series(1, cardinality(p_operators)) as m (n)
  left join lateral (
    select row(v.*)::conversation_response as details from conversation_details v
    where v.tenant_id = p_tenant and v.id = received[m.n] limit 1) d on true;
end
$$;
