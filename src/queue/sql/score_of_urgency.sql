-- The part of the priority score, with FIXED, that an urgency (queue_urgency) or a part of one stands for.
create or replace function score_of_urgency(settings priority_settings, urgency double precision)
returns double precision
language sql immutable parallel safe
as $$
  select urgency * case
    when settings.beta = 0 then settings.alpha / settings.max_message_count
    else settings.beta / (coalesce(settings.max_delay_minutes, 1440) * 60000000::double precision)
  end
$$;
