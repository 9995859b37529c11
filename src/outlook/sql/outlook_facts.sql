-- What outlooks of conversations are computed from, by conversation, with the moment of the look. The columns from place
-- on are null unless it is QUEUED. waiting counts the queue of the inbox. Conversations that do not exist are missing.
create or replace function outlook_facts(p_tenant uuid, p_conversations uuid[])
returns table (
  conversation_id uuid, inbox_id uuid, state text, assigned_operator_id uuid, version integer, as_of timestamptz,
  place integer, is_exact boolean, waiting integer, is_somebody_available boolean, takes double precision,
  seconds double precision, outcomes integer, low_ratio double precision, high_ratio double precision)
language plpgsql stable
as $$
#variable_conflict use_column
declare
  depths jsonb;
  calibration record;
  inbox record;
begin
  as_of := statement_timestamp();
  select p.outcomes, p.low_ratio, p.high_ratio into calibration from outlook_progress p where p.tenant_id = p_tenant;
  outcomes := calibration.outcomes;
  low_ratio := calibration.low_ratio;
  high_ratio := calibration.high_ratio;
  for conversation_id, inbox_id, state, assigned_operator_id, version in
    select c.id, c.inbox_id, c.state, c.assigned_operator_id, c.version from conversations c
    where c.tenant_id = p_tenant and c.id = any (p_conversations) and (c.state = 'QUEUED') is false
  loop
    return next;
  end loop;
  assigned_operator_id := null;
  state := 'QUEUED';
  for inbox in
    select c.inbox_id as id, array_agg(c.id) as ids, jsonb_object_agg(c.id, c.version) as versions
    from conversations c
    where c.tenant_id = p_tenant and c.id = any (p_conversations) and (c.state = 'QUEUED') is true
    group by c.inbox_id
  loop
    if depths is null then
      select coalesce(jsonb_object_agg(d.inbox_id, d.depth), '{}') into depths from current_queue_depths(p_tenant) d;
    end if;
    inbox_id := inbox.id;
    is_somebody_available := somebody_is_available(p_tenant, inbox.id);
    takes := 0;
    seconds := 0;
    select p.takes, p.seconds into takes, seconds from outlook_paces p
    where p.tenant_id = p_tenant and p.inbox_id = inbox.id;
    for conversation_id, place, is_exact in
      select q.conversation_id, q.place, q.is_exact
      from queue_places(p_tenant, inbox.id, inbox.ids, coalesce((depths ->> inbox.id::text)::integer, 0)) q
    loop
      version := inbox.versions ->> conversation_id::text;
      -- Who was counted with the queue was not yet in the depth, perhaps.
      waiting := greatest(coalesce((depths ->> inbox.id::text)::integer, 0), place);
      return next;
    end loop;
  end loop;
end
$$;
