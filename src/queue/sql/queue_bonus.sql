-- The messages of a conversation, expressed in whole microseconds of waiting (docs/adr/0002-the-queue-key.md). With
-- beta = 0 time has no influence, so it is the count itself.
create or replace function queue_bonus(settings priority_settings, message_count integer)
returns double precision
language sql immutable parallel safe
as $$
  select case
    when settings.beta = 0 then least(message_count, settings.max_message_count)
    else round(settings.alpha / settings.beta * least(message_count, settings.max_message_count)
      / settings.max_message_count * coalesce(settings.max_delay_minutes, 1440) * 60000000)
  end
$$;
