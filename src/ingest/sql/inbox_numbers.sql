-- The phone numbers of inboxes, without those that have none. null stands for the inbox of messages that name none.
create or replace function inbox_numbers(p_tenant uuid, p_inboxes uuid[])
returns table (inbox_id uuid, phone_number text)
language plpgsql volatile
as $$
declare
  default_inbox uuid;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  if array_position(p_inboxes, null) is not null then
    default_inbox := (with_default_inbox(p_tenant, '[{}]') -> 0 ->> 'inboxId')::uuid;
  end if;
  return query
  select a.id, i.phone_number
  from unnest(p_inboxes) as a (id)
  join inboxes i on i.tenant_id = p_tenant and i.id = coalesce(a.id, default_inbox)
  where i.phone_number is not null;
end
$$;
