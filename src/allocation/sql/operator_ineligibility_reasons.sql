-- The reasons why an operator cannot get any conversation now, as error codes, the most important first. p_is_present:
-- whether they gave a sign of life in time, where the tenant asks for one (is_present). p_load is the number of
-- conversations they hold without those that are parked. It counts only where p_max_load is not null, and may be null
-- otherwise.
create or replace function operator_ineligibility_reasons(
  p_is_active boolean, p_availability text, p_is_present boolean, p_max_load integer, p_load bigint)
returns text[]
language sql immutable parallel safe
as $$
  select array_remove(array[
    case when not p_is_active then 'OPERATOR_INACTIVE' end,
    case p_availability when 'OFFLINE' then 'OPERATOR_OFFLINE' when 'PAUSED' then 'OPERATOR_PAUSED'
      else case when not p_is_present then 'OPERATOR_NOT_PRESENT' end end,
    case when p_max_load is not null then case when p_max_load <= p_load then 'OPERATOR_AT_CAPACITY' end end], null)
$$;
