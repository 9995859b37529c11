-- Up to p_most conversations of leads, in no order.
create or replace function conversations_of_leads(p_tenant uuid, p_leads uuid[], p_most integer)
returns uuid[]
language plpgsql stable
as $$
begin
  return array(
    select k.id from inboxes i
    cross join unnest(p_leads) as u (lead_id)
    cross join lateral (
      select c.id from conversations c
      where c.tenant_id = p_tenant and c.inbox_id = i.id and c.lead_id = u.lead_id
      limit p_most) k
    where i.tenant_id = p_tenant
    limit p_most);
end
$$;
