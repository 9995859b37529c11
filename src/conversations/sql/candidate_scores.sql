-- The scores, with CANDIDATE_WINDOW, of waiting conversations in the queue of their own inbox. It leaves out
-- conversations that are no candidates. It scores the window of each inbox once, however many conversations are asked
-- for.
create or replace function candidate_scores(p_tenant uuid, p_conversations uuid[])
returns table (id uuid, score double precision)
language plpgsql stable
as $$
declare
  settings priority_settings;
begin
  select (s.settings).* into settings from queue_settings s where s.tenant_id = p_tenant;
  if settings.normalization <> 'CANDIDATE_WINDOW' then return; end if;
  return query
  select w.id, w.urgency
  from (
    select distinct c.inbox_id from conversations c
    where c.tenant_id = p_tenant and c.id = any (p_conversations) and c.state is not distinct from 'QUEUED') i
  cross join lateral (
    select n.id, n.urgency from candidate_window(settings, array[i.inbox_id], statement_timestamp()) n offset 0) w
  join unnest(p_conversations) as asked (id) on asked.id = w.id;
end
$$;
