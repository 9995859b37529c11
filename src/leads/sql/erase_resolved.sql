-- The retention of a tenant: erases conversations that were resolved more than retention_days ago, and leads without
-- other conversations. It reads the ledger from where it was, as many entries as p_events has ids for new ones, and as
-- many leads from whom conversations went away. Returns how many of both it has looked at, and the erased leads. Lock
-- order as in erase_lead.
create or replace function erase_resolved(p_tenant uuid, p_events uuid[], out looked_at integer, out erased_leads uuid[])
language plpgsql volatile
as $$
declare
  before timestamptz;
  progress record;
  page record;
  resolved uuid[];
  due uuid[];
  left_ones uuid[];
  leads_of uuid[];
begin
  looked_at := 0;
  erased_leads := '{}';
  select now() - make_interval(days => t.retention_days) into before from tenants t where t.id = p_tenant;
  if before is null then return; end if;

  select p.occurred_at, p.event_id into progress from retention_progress p where p.tenant_id = p_tenant;
  select count(*)::integer as entries, max(e.occurred_at) as occurred_at,
    (array_agg(e.id order by e.occurred_at desc, e.id desc))[1] as event_id,
    array_agg(distinct e.conversation_id) filter (where e.type = 'conversation.resolved') as conversations
  into page
  from (
    select e.occurred_at, e.id, e.type, e.conversation_id from conversation_events e
    where e.tenant_id = p_tenant and e.occurred_at > '-infinity'
      and e.occurred_at >= coalesce(progress.occurred_at, '-infinity') and e.occurred_at <= before
      and (e.occurred_at > progress.occurred_at or e.id > progress.event_id) is not false
    order by e.occurred_at, e.id
    limit cardinality(p_events)) e;
  if page.entries > 0 then
    insert into retention_progress (tenant_id, occurred_at, event_id)
    values (p_tenant, page.occurred_at, page.event_id)
    on conflict (tenant_id) do update set occurred_at = excluded.occurred_at, event_id = excluded.event_id;
  end if;
  left_ones := array(
    select t.lead_id from left_leads t
    where t.tenant_id = p_tenant and t.left_at <= before
    order by t.left_at, t.lead_id
    limit cardinality(p_events));
  looked_at := greatest(page.entries, cardinality(left_ones));

  -- Those that were not reopened.
  resolved := array(
    select c.id from conversations c
    where c.tenant_id = p_tenant and c.id = any (page.conversations) and c.resolved_at <= before
      and c.external_conversation_id is distinct from erased_thread(c.id));
  leads_of := left_ones || array(
    select current_lead(p_tenant, c.lead_id) from conversations c
    where c.tenant_id = p_tenant and c.id = any (resolved));
  -- One by one: PostgreSQL 15 would read all leads of the tenant in the order of their ids.
  leads_of := array(
    select k.id from (select distinct u.id from unnest(leads_of) as u (id) order by u.id) u
    cross join lateral (
      select l.id from leads l
      where l.tenant_id = p_tenant and l.id = u.id and l.erased_at is null and l.merged_into_id is null
      offset 0 for no key update) k);
  delete from lead_keys k
  where k.tenant_id = p_tenant and k.kind = 'THREAD' and k.key = any (array(
    select concat_ws(' ', c.origin_inbox_id, c.external_conversation_id) from conversations c
    where c.tenant_id = p_tenant and c.id = any (resolved)));
  -- A message may have reopened one of them meanwhile.
  due := array(
    select c.id from conversations c
    where c.tenant_id = p_tenant and c.id = any (resolved) and c.resolved_at <= before
    order by c.external_conversation_id, c.origin_inbox_id
    for no key update);
  perform erase_conversations(p_tenant, due, p_events, 'SYSTEM', null);

  erased_leads := array(
    select u.id from unnest(leads_of) as u (id)
    where conversations_of_leads(p_tenant, leads_merged_into(p_tenant, u.id), 1) = '{}');
  delete from left_leads t where t.tenant_id = p_tenant and t.lead_id = any (left_ones);
  perform erase_lead_rows(p_tenant, erased_leads);
end
$$;
