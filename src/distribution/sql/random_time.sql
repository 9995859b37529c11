-- The time until the next arrival, when arrivals come independently of each other and p_rate of them in a unit of time.
create or replace function random_time(p_rate integer)
returns double precision
language sql volatile
as $$
  select -ln(1 - random()) / p_rate
$$;
