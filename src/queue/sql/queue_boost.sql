-- What a boost of some minutes adds to the urgency, in microseconds. With beta = 0 time has no influence.
create or replace function queue_boost(settings priority_settings, minutes integer)
returns double precision
language sql immutable parallel safe
as $$
  select case when settings.beta = 0 then 0 else minutes * 60000000::double precision end
$$;
