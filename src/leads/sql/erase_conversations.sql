-- Erases the customer of conversations, everywhere but in their lead: number, address, name, subject and external id, the
-- ids of their messages, former numbers, search texts, stored responses, the texts of the ledger and of deliveries to
-- webhooks. They have no lead any more. Ids, states, counts and times stay. Each gets an entry in the ledger; p_events
-- has an id for each. Returns the counts by kind. The caller has locked the leads, then deleted the keys of the threads,
-- then locked the conversations.
create or replace function erase_conversations(
  p_tenant uuid, p_conversations uuid[], p_events uuid[], p_actor_type text, p_actor text)
returns jsonb
language plpgsql volatile
as $$
declare
  threads text[];
  inboxes_of uuid[];
  erased integer := coalesce(cardinality(p_conversations), 0);
  messages integer;
  numbers integer;
  responses integer;
  entries integer;
  deliveries integer := 0;
  delivery record;
begin
  if erased = 0 then return '{}'; end if;
  select array_agg(c.external_conversation_id), array_agg(c.origin_inbox_id) into threads, inboxes_of
  from conversations c where c.tenant_id = p_tenant and c.id = any (p_conversations);
  update conversations c
  set external_conversation_id = erased_thread(c.id), customer_phone_number = null, phone_key = null,
    customer_address = null, display_name = null, subject = null, lead_id = null
  where c.tenant_id = p_tenant and c.id = any (p_conversations);

  delete from processed_messages m
  where m.tenant_id = p_tenant and m.external_conversation_id = any (threads)
    and ((m.external_conversation_id, m.origin_inbox_id) in (
      select t.thread, t.inbox from unnest(threads, inboxes_of) as t (thread, inbox))) is true;
  get diagnostics messages = row_count;
  delete from former_phone_keys f where f.tenant_id = p_tenant and f.conversation_id = any (p_conversations);
  get diagnostics numbers = row_count;
  -- The key stays, so that the request is not done twice.
  update idempotency_keys k set answer = ''
  where k.tenant_id = p_tenant and k.conversation_id = any (p_conversations) and k.answer <> '';
  get diagnostics responses = row_count;
  -- What is stored of a lead with several conversations can have one of these, if it has gone to another lead since.
  update idempotency_keys k set answer = ''
  where k.tenant_id = p_tenant and k.lead_id = any (array(
      select t.lead_id from left_leads t where t.tenant_id = p_tenant))
    and (k.conversation_id is null) is not false and k.answer <> '';

  entries := erase_ledger_texts(p_tenant, p_conversations);
  perform record_in_place(p_tenant, 'conversation.customer_changed', p_conversations, p_events[:erased], p_actor_type,
    p_actor, array_fill('The customer was erased'::text, array[erased]));

  -- Waits for the transactions that make deliveries of entries that they have read already.
  perform 1 from webhooks w where w.tenant_id = p_tenant order by w.id for share;
  if found then
    -- One by one: joined to the entries, or with arrays of keys on PostgreSQL 15, an update would read all deliveries.
    for delivery in
      select k.webhook_id, k.id, e.external_conversation_id, e.reason
      from (
        select e.id, e.external_conversation_id, e.reason from conversation_events e
        where e.tenant_id = p_tenant and e.conversation_id = any (p_conversations) offset 0) e
      cross join webhooks w
      cross join lateral (
        select d.webhook_id, d.id from webhook_deliveries d
        where d.tenant_id = p_tenant and d.webhook_id = w.id and d.event_id = e.id offset 0) k
      where w.tenant_id = p_tenant
    loop
      update webhook_deliveries d
      set last_response = null, body = jsonb_set(
        jsonb_set(d.body::jsonb, '{data,externalConversationId}', to_jsonb(delivery.external_conversation_id)),
        '{data,reason}', coalesce(to_jsonb(delivery.reason), 'null'))::text
      where d.tenant_id = p_tenant and d.webhook_id = delivery.webhook_id and d.id = delivery.id;
      deliveries := deliveries + 1;
    end loop;
  end if;

  -- Who indexes has read the former texts, and stores them at the end of its transaction.
  perform pg_advisory_xact_lock(hashtextextended(p_tenant::text, 8));
  delete from search_texts t where t.tenant_id = p_tenant and t.conversation_id = any (p_conversations);
  insert into search_backlog (tenant_id, id, conversation_ids) values (p_tenant, p_events[1], p_conversations);
  return jsonb_build_object('conversations', erased, 'messageIds', messages, 'formerNumbers', numbers,
    'storedResponses', responses, 'ledgerEntries', entries, 'deliveries', deliveries);
end
$$;
