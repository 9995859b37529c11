-- The priority score that people see, for FIXED: the formula of the README.
create or replace function priority_score(
  settings priority_settings, message_count integer, basis_at timestamptz, as_of timestamptz)
returns double precision
language sql stable parallel safe
as $$
  select settings.alpha * least(message_count::double precision / settings.max_message_count, 1)
    + settings.beta * case
        when settings.max_delay_minutes is null
          then greatest(epoch_microseconds(as_of) - epoch_microseconds(basis_at), 0) / (1440 * 60000000::double precision)
        else least(greatest(epoch_microseconds(as_of) - epoch_microseconds(basis_at), 0)
          / (settings.max_delay_minutes * 60000000::double precision), 1)
      end
$$;
