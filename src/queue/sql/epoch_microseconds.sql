-- A moment as microseconds since 1970. A double holds whole numbers of this size exactly.
create or replace function epoch_microseconds(moment timestamptz)
returns double precision
language sql stable parallel safe
as $$
  select (extract(epoch from moment) * 1000000)::double precision
$$;
