-- Ingests one reply in one round trip. p_item is an item as in ingest_replies, which does the work. Returns the
-- conversation as it is then, and the reason for a refusal.
create or replace function ingest_reply(p_tenant uuid, p_service text, p_item jsonb)
returns table (refusal text, details conversation_response)
language plpgsql volatile
as $$
declare
  items jsonb := jsonb_build_array(p_item);
  ingested record;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  if not p_item ? 'inboxId' and not p_item ? 'inboxPhoneNumber' then
    items := with_default_inbox(p_tenant, items);
  end if;
  -- A number becomes an id in one look, so that all statements mean the same inbox while one is archived.
  if p_item ? 'inboxPhoneNumber' or exists (
    select 1 from inboxes a where a.tenant_id = p_tenant and not a.is_active) then
    items := with_redirects(p_tenant, items, true);
  end if;
  select r.refusal, r.conversation_id into ingested
  from ingest_replies(p_tenant, p_service, items, remember_replies(p_tenant, items), '[]') r;
  refusal := ingested.refusal;
  if ingested.conversation_id is not null then details := conversation_row(p_tenant, ingested.conversation_id); end if;
  return next;
end
$$;
