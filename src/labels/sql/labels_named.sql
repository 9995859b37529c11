-- The labels with a name in every inbox of a tenant, without those that were deleted. Names are the same when their keys
-- are: that of labels.name_key. One probe per inbox. Servers without ICU have no collation und-x-icu.
create or replace function labels_named(p_tenant uuid, p_name text)
returns table (id uuid, inbox_id uuid)
language plpgsql stable
as $$
declare
  key text := btrim(regexp_replace(normalize(p_name, NFKC), '\s+', ' ', 'g'));
begin
  if exists (select 1 from pg_collation o where o.collname = 'und-x-icu') then
    key := lower(key collate "und-x-icu");
  else
    key := lower(key);
  end if;
  return query
  select n.id, n.inbox_id
  from inboxes i
  cross join lateral (
    select l.id, l.inbox_id from labels l
    where l.tenant_id = p_tenant and l.inbox_id = i.id and l.name_key = key and l.deleted_at is null
    limit 1) n
  where i.tenant_id = p_tenant;
end
$$;
