-- The push strategies: the p_most best takers of p_among (best), who of them gets a conversation (taker), and the reason
-- for the ledger. taker is null when nobody gets it. Those in p_strictly have declined it for good. Those in p_declined get
-- it only if all who have room have declined it. The lowest value of the strategy wins; ties go to the operator whose last
-- conversation is the oldest, then to the lower id. A taker is an eligible subscription: the number of its operator in
-- p_receivers, p_held and p_rooms, its weight, its own room, and when it was last given a conversation. p_shares is null,
-- or how many conversations of the backlog each taker may have been given within a minute; p_given how many each receiver
-- was given. It reads no tables, so its cost does not depend on what the operators hold.
--
-- A new strategy is a line in both CASEs, its name in DISTRIBUTIONS (src/inboxes/inbox.ts) and a test. If it needs
-- the load of operators without maxLoad, name it beside LEAST_LOADED too: counting reads all that an operator holds.
-- Who is given a conversation must not get a lower value by that: distribute_conversations relies on it.
--
-- WEIGHTED_RANDOM draws an exponentially distributed time with the weight as its rate for each operator. An operator
-- has the earliest time with probability weight / sum of weights (Efraimidis and Spirakis, 2006, for one item). p_times
-- is null, or the times that were drawn already.
create or replace function rank_receivers(
  p_strategy text, p_declined uuid[], p_strictly uuid[], p_among integer[], p_most integer, p_takers integer[],
  p_weights integer[], p_times double precision[], p_given_at timestamptz[], p_receivers uuid[], p_held integer[],
  p_rooms integer[], p_taker_rooms integer[], p_shares integer[], p_given integer[],
  out uses_load boolean, out best integer[], out taker integer, out reason text)
language plpgsql volatile
as $$
begin
  uses_load := p_strategy in ('LEAST_LOADED');
  best := array(
    select t.n
    from unnest(p_among) as t (n)
    where p_rooms[p_takers[t.n]] > 0 and p_taker_rooms[t.n] > 0
      and p_receivers[p_takers[t.n]] <> all (p_strictly)
    order by p_receivers[p_takers[t.n]] = any (p_declined), p_shares[t.n] <= p_given[p_takers[t.n]],
      case p_strategy
        when 'WEIGHTED_RANDOM' then coalesce(p_times[t.n], random_time(p_weights[t.n]))
        when 'LEAST_LOADED' then p_held[p_takers[t.n]]::double precision / p_weights[t.n]
        -- All tie.
        when 'ROUND_ROBIN' then 0
      end,
      p_given_at[t.n], p_receivers[p_takers[t.n]]
    limit p_most);
  -- It waits for their next minute rather than go to somebody who has declined it.
  if p_shares[best[1]] <= p_given[p_takers[best[1]]] then return; end if;
  taker := best[1];
  -- Not in the query, which would make it for every taker.
  reason := case p_strategy
    when 'WEIGHTED_RANDOM' then format('Distributed at random with weight %s', p_weights[taker])
    when 'LEAST_LOADED' then format('Distributed to the lowest load per weight: load %s, weight %s',
      p_held[p_takers[taker]], p_weights[taker])
    when 'ROUND_ROBIN' then 'Distributed in turn'
  end;
end
$$;
