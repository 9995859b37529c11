-- How many minutes longer than they do the conversations of an inbox count as waiting. The stored keys do not have it,
-- so that changing it rewrites none of them: it is added where the queues of inboxes are merged.
create or replace function inbox_boost(settings priority_settings, inbox uuid)
returns integer
language sql immutable parallel safe
as $$
  select case
    when settings.inbox_boosts is null then 0
    else coalesce((settings.inbox_boosts ->> inbox::text)::integer, 0)
  end
$$;
