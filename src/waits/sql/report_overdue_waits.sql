-- Records waits that are longer than the target of their inbox, once each, the longest of each inbox first, as many as
-- p_events has ids for the ledger. Returns their number. A wait begins with waiting_since; a return to the queue or a
-- move continues it. It skips conversations that somebody else has locked: they decide, or the next run does.
create or replace function report_overdue_waits(p_tenant uuid, p_events uuid[])
returns integer
language plpgsql volatile
as $$
declare
  overdue uuid[];
  targets integer[];
begin
  select array_agg(d.id), array_agg(d.wait_target_seconds) into overdue, targets from (
    select c.id, i.wait_target_seconds
    from inboxes i
    cross join lateral (
      select c.id from conversations c
      where c.tenant_id = p_tenant and c.inbox_id = i.id and c.state = 'QUEUED' and not c.is_overdue
        and c.waiting_since > '-infinity' and c.waiting_since <= now() - i.wait_target_seconds * interval '1 second'
      order by c.waiting_since
      limit cardinality(p_events)
      for no key update skip locked) c
    where i.tenant_id = p_tenant and i.wait_target_seconds is not null
    limit cardinality(p_events)) d;
  if overdue is null then return 0; end if;
  update conversations c set is_overdue = true where c.tenant_id = p_tenant and c.id = any (overdue);
  return record_in_place(p_tenant, 'conversation.overdue', overdue, p_events[:cardinality(overdue)], 'SYSTEM', null,
    array(select format('Waits longer than %s seconds, the target of its inbox', t.seconds)
      from unnest(targets) with ordinality as t (seconds, place) order by t.place));
end
$$;
