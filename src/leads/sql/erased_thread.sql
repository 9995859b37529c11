-- What an erased conversation has instead of its external id. No message names it: ids are stored without blanks around
-- them, and this begins with one.
create or replace function erased_thread(p_conversation uuid)
returns text
language sql immutable
as $$
  select ' erased:' || p_conversation
$$;
