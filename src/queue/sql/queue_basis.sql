-- The moment from which the delay is counted. "case when" for the reason of queue_count.
create or replace function queue_basis(settings priority_settings, last_message_at timestamptz, waiting_since timestamptz)
returns timestamptz
language sql immutable parallel safe
as $$
  select case when settings.delay_basis = 'LAST_MESSAGE' then last_message_at else waiting_since end
$$;
