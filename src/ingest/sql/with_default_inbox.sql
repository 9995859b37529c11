-- The items of ingest_messages, each with an inbox: where it names none, the default inbox of the tenant, or else its
-- only active one. Where there is neither, the items stay as they are.
create or replace function with_default_inbox(p_tenant uuid, p_items jsonb)
returns jsonb
language plpgsql stable
as $$
declare
  default_inbox uuid;
begin
  select coalesce(t.default_inbox_id, case when cardinality(o.ids) = 1 then o.ids[1] end) into default_inbox
  from tenants t
  cross join (select array(select i.id from inboxes i where i.tenant_id = p_tenant and i.is_active limit 2) as ids) o
  where t.id = p_tenant;
  if default_inbox is null then return p_items; end if;
  return (
    select jsonb_agg(
      case when i.item ? 'inboxId' or i.item ? 'inboxPhoneNumber' then i.item
        else i.item || jsonb_build_object('inboxId', default_inbox) end
      order by i.n)
    from jsonb_array_elements(p_items) with ordinality as i (item, n));
end
$$;
