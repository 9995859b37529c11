-- Ingests one message of the orchestrator in one round trip. p_item is an item as in ingest_messages, which does the
-- work. Returns the conversation as it is then, whether the message created it, and the reason for a refusal.
create or replace function ingest_message(p_tenant uuid, p_service text, p_item jsonb)
returns table (refusal text, created boolean, details conversation_response)
language plpgsql volatile
as $$
declare
  ingested record;
begin
  select i.refusal, i.created, i.conversation_id into ingested
  from ingest_messages(p_tenant, p_service, jsonb_build_array(p_item)) i;
  refusal := ingested.refusal;
  created := ingested.created;
  if ingested.conversation_id is not null then details := conversation_row(p_tenant, ingested.conversation_id); end if;
  return next;
end
$$;
