-- Why a strategy chose somebody, for the ledger. p_load: what they held before.
create or replace function distribution_reason(p_strategy text, p_weight integer, p_load bigint)
returns text
language sql stable
as $$
  select case p_strategy
    when 'WEIGHTED_RANDOM' then format('Handed out by chance with weight %s', p_weight)
    when 'LEAST_LOADED' then format('Handed out to the least loaded, %s with weight %s', p_load, p_weight)
    when 'ROUND_ROBIN' then 'Handed out in turn'
  end
$$;
