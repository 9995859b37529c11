-- The operators who are not given a waiting conversation of an inbox now, because they have declined it. A decline
-- counts while somebody could take the conversation who has not declined it, so no conversation is out of reach of
-- everybody. A strict one counts until it ends.
create or replace function declining_operators(p_tenant uuid, p_conversation uuid, p_inbox uuid)
returns uuid[]
language plpgsql stable
as $$
declare
  declines record;
begin
  declines := running_declines(p_tenant, p_conversation);
  return case
    when cardinality(declines.operators) = cardinality(declines.strictly) then declines.strictly
    when exists (
      select 1 from eligible_operators(p_tenant, p_inbox) e where e.operator_id <> all (declines.operators))
      then declines.operators
    else declines.strictly end;
end
$$;
