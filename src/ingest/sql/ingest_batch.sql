-- Ingests the messages and replies of a batch in one transaction. p_messages: items of ingest_messages; p_replies: items
-- of ingest_replies. The ids of replies are remembered before anything is locked, and the replies are ingested after the
-- messages, of which some may have begun their threads. Returns a row per item.
create or replace function ingest_batch(p_tenant uuid, p_service text, p_messages jsonb, p_replies jsonb)
returns table (index integer, refusal text, conversation_id uuid, created boolean, assigned_operator_id uuid)
language plpgsql volatile
as $$
declare
  fresh integer[];
  has_archived boolean;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  p_messages := coalesce(with_default_inbox(p_tenant, p_messages), '[]');
  p_replies := with_default_inbox(p_tenant, p_replies);
  has_archived := exists (select 1 from inboxes a where a.tenant_id = p_tenant and not a.is_active);
  -- A number becomes an id in one look, so that all statements mean the same inbox while one is archived.
  if has_archived or p_replies @? '$[*].inboxPhoneNumber' then
    p_replies := with_redirects(p_tenant, p_replies, true);
  end if;
  fresh := remember_replies(p_tenant, p_replies);
  if jsonb_array_length(p_messages) > 0 then
    return query
    select m.index, m.refusal, m.conversation_id, m.created, m.assigned_operator_id
    from ingest_messages(p_tenant, p_service, p_messages) m;
  end if;
  -- The messages that await a reply are those of the inbox that the reply goes to.
  if has_archived and jsonb_array_length(p_messages) > 0 then
    p_messages := with_redirects(p_tenant, p_messages, false);
  end if;
  return query
  select r.index, r.refusal, r.conversation_id, false, r.assigned_operator_id
  from ingest_replies(p_tenant, p_service, p_replies, fresh, p_messages) r;
end
$$;
