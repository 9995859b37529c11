-- Unparks conversations whose time is over, the earliest first, as many as p_events has ids for the ledger, and returns
-- them. It skips conversations that somebody else has locked: they decide, or the next run does.
create or replace function expire_parks(p_tenant uuid, p_events uuid[])
returns table (conversation_id uuid)
language plpgsql volatile
as $$
declare
  due uuid[];
begin
  select array_agg(d.id) into due from (
    select c.id
    from (
      select d.conversation_id, d.operator_id from deadlines d
      where d.tenant_id = p_tenant and d.kind = 'PARK' and d.expires_at > '-infinity' and d.expires_at <= now()
      order by d.expires_at limit 4 * cardinality(p_events)) late
    cross join lateral (
      select c.id from conversations c
      where c.tenant_id = p_tenant and c.id = late.conversation_id and c.assigned_operator_id = late.operator_id
        and c.is_parked
      for no key update skip locked) c
    cross join lateral (
      select 1 from deadlines d
      where d.tenant_id = p_tenant and d.conversation_id = c.id and d.kind = 'PARK' and d.expires_at <= now()
      for update skip locked) d
    limit cardinality(p_events)) d;
  if due is null then return; end if;
  perform unpark_conversations(p_tenant, due, p_events[:cardinality(due)], 'SYSTEM', null, 'The time of parking is over');
  return query select u.id from unnest(due) as u (id);
end
$$;
