-- The moment from which the delay is counted.
create or replace function queue_basis(settings priority_settings, last_message_at timestamptz, waiting_since timestamptz)
returns timestamptz
language sql immutable parallel safe
as $$
  select case settings.delay_basis when 'LAST_MESSAGE' then last_message_at else waiting_since end
$$;
