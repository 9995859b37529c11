-- A moment as microseconds since 1970. A double holds whole numbers of this size exactly. The difference of two moments
-- depends on no time zone, so this is immutable; extract(epoch from moment) is not.
create or replace function epoch_microseconds(moment timestamptz)
returns double precision
language sql immutable parallel safe
as $$
  select (extract(epoch from moment - '1970-01-01 00:00:00+00'::timestamptz) * 1000000)::double precision
$$;
