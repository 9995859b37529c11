-- Every reason why an operator cannot get a conversation of an inbox now: those of the operator
-- (operator_ineligibility_reasons), which stop a reassign too, and those of the subscription. A push inbox gives only
-- to subscribers with a weight. A pull inbox needs a subscription unless autoSubscribe is on. p_weight is that of the
-- subscription; null means that there is none. p_inbox_max_load and p_inbox_load are the capacity of the subscription
-- and what counts towards it, as p_max_load and p_load.
create or replace function ineligibility_reasons(
  p_is_active boolean, p_availability text, p_is_present boolean, p_max_load integer, p_load bigint, p_distribution text,
  p_auto_subscribe boolean, p_weight integer, p_inbox_max_load integer, p_inbox_load bigint)
returns text[]
language sql immutable parallel safe
as $$
  select operator_ineligibility_reasons(p_is_active, p_availability, p_is_present, p_max_load, p_load) || array_remove(array[
    case when p_inbox_max_load is not null then case when p_inbox_max_load <= p_inbox_load then 'AT_INBOX_CAPACITY' end end,
    case when p_weight is null and (p_distribution <> 'PULL' or not p_auto_subscribe) then 'NOT_SUBSCRIBED' end,
    case when p_weight = 0 and p_distribution <> 'PULL' then 'WEIGHT_ZERO' end], null)
$$;
