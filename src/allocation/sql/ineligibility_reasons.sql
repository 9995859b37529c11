-- Every reason why a conversation of an inbox may not go to an operator now: the operator's own (operator_ineligibility_reasons), which
-- also stop a reassign, and those of their subscription. An inbox that pushes gives only to subscribers with a weight; from
-- any other, autoSubscribe lets everybody take. p_weight is that of the subscription, null: there is none.
create or replace function ineligibility_reasons(
  p_is_active boolean, p_availability text, p_max_load integer, p_load bigint, p_distribution text,
  p_auto_subscribe boolean, p_weight integer)
returns text[]
language sql immutable parallel safe
as $$
  select operator_ineligibility_reasons(p_is_active, p_availability, p_max_load, p_load) || array_remove(array[
    case when p_weight is null and (p_distribution <> 'PULL' or not p_auto_subscribe) then 'NOT_SUBSCRIBED' end,
    case when p_weight = 0 and p_distribution <> 'PULL' then 'WEIGHT_ZERO' end], null)
$$;
