-- How many conversations of the backlog an operator is given in an inbox within a minute, at most. Operators with less
-- weight get less, so the strategies keep their shares; round robin has no weights. p_highest_weight is the highest of
-- those who can be given one now.
create or replace function backlog_share(
  p_per_minute integer, p_strategy text, p_weight integer, p_highest_weight integer)
returns integer
language sql immutable parallel safe
as $$
  select case p_strategy when 'ROUND_ROBIN' then p_per_minute
    else ceil(p_per_minute::numeric * p_weight / p_highest_weight)::integer end
$$;
