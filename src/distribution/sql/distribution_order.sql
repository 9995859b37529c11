-- The strategies: of those who may be given a conversation, whoever has the lowest number gets it. A new strategy is a line
-- here, one in distribution_reason, and its name in the constraint of inboxes and in src/inboxes/inbox.ts.
-- WEIGHTED_RANDOM draws an exponentially distributed time with the weight as its rate for each; the first one is theirs
-- with probability weight / sum of weights (Efraimidis and Spirakis, 2006, for one item). p_load counts for LEAST_LOADED only.
create or replace function distribution_order(
  p_strategy text, p_weight integer, p_load bigint, p_last_distributed_at timestamptz)
returns double precision
language sql volatile
as $$
  select case p_strategy
    when 'WEIGHTED_RANDOM' then -ln(1 - random()) / p_weight
    when 'LEAST_LOADED' then p_load::double precision / p_weight
    when 'ROUND_ROBIN' then coalesce(epoch_microseconds(p_last_distributed_at), 0)
  end
$$;
