-- The delay, in microseconds, after which waiting longer adds nothing. Infinity: there is no such delay.
create or replace function queue_cap(settings priority_settings)
returns double precision
language sql immutable parallel safe
as $$
  select case
    when settings.beta = 0 then 0
    when settings.max_delay_minutes is null then 'Infinity'
    else settings.max_delay_minutes * 60000000::double precision
  end
$$;
