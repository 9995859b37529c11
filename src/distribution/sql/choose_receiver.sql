-- The best of the takers p_first to p_last, and the reason for the ledger. Only a distribution of the former release calls
-- it, one that was at work when db:run replaced distribute_conversations; rank_receivers is its successor.
create or replace function choose_receiver(
  p_strategy text, p_declined uuid[], p_strictly uuid[], p_first integer, p_last integer, p_takers integer[],
  p_weights integer[], p_given_at timestamptz[], p_receivers uuid[], p_held integer[], p_rooms integer[],
  p_taker_rooms integer[], p_shares integer[], p_given integer[],
  out uses_load boolean, out taker integer, out reason text)
language plpgsql volatile
as $$
begin
  select r.uses_load, r.taker, r.reason into uses_load, taker, reason
  from rank_receivers(p_strategy, p_declined, p_strictly, array(select generate_series(p_first, p_last)), 1, p_takers,
    p_weights, null, p_given_at, p_receivers, p_held, p_rooms, p_taker_rooms, p_shares, p_given) r;
end
$$;
