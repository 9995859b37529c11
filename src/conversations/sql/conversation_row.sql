-- A conversation as every response shows it, with its score, for functions that have just changed it.
create or replace function conversation_row(p_tenant uuid, p_conversation uuid)
returns conversation_response
language plpgsql stable
as $$
declare
  details conversation_response;
begin
  select d.* into details from conversation_details d where d.tenant_id = p_tenant and d.id = p_conversation;
  if details.state = 'QUEUED' and details.priority_score is null then
    details.priority_score := (select s.score from candidate_scores(p_tenant, array[p_conversation]) s);
  end if;
  return details;
end
$$;
