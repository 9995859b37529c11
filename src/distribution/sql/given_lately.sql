-- How many conversations of the backlog an operator was given within the last minute (operators.backlog_given_at).
create or replace function given_lately(p_given_at timestamptz[], p_now timestamptz)
returns integer
language sql immutable parallel safe
as $$
  select count(*)::integer from unnest(p_given_at) as g (at) where g.at > p_now - interval '1 minute'
$$;
