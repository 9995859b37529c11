-- The one way to change the state of conversations: allocates them (p_to ALLOCATED), returns them to the queue with the
-- age they had (QUEUED) or closes them (RESOLVED), and writes the ledger and the feed, in one statement. The arrays
-- correspond by position: conversation, entry of the ledger, holder before, holder after, actor, reason, score. A
-- single actor or reason counts for all. p_from_inbox and p_to_inbox belong to a move, p_outcome to a resolution; what is
-- moved while it is resolved keeps its outcome. The caller has locked the operators, then the conversations, has found
-- these in the state p_from, and shares the ranking (share_ranking) where p_to is QUEUED.
create or replace function transition_conversations(
  p_tenant uuid, p_type text, p_conversations uuid[], p_events uuid[], p_from text, p_from_operators uuid[], p_to text,
  p_to_operators uuid[], p_actor_type text, p_actors text[], p_reasons text[], p_scores double precision[] default null,
  p_from_inbox uuid default null, p_to_inbox uuid default null, p_outcome text default null)
returns integer
language plpgsql volatile
as $$
declare
  settings priority_settings;
  changed integer;
  -- Those whose new holder must accept or reply in time.
  starting uuid[];
  -- The former holders of what still was to be accepted.
  accepting uuid[];
  -- A variable, and "case when": Citus allows no now() inside of COALESCE, and writes "case p_to when" wrongly.
  moment constant timestamptz := now();
begin
  if p_to = 'QUEUED' then
    select (s.settings).* into settings from queue_settings s where s.tenant_id = p_tenant;
  end if;
  with changed as (
    update conversations c
    set state = p_to, assigned_operator_id = e.to_operator, inbox_id = coalesce(p_to_inbox, c.inbox_id),
      resolved_at = case when p_to = 'RESOLVED' then coalesce(c.resolved_at, moment) end,
      outcome = case when p_to = 'RESOLVED' then coalesce(p_outcome, c.outcome) end,
      last_resolved_at = coalesce(c.resolved_at, c.last_resolved_at),
      last_operator_id = case when p_to = 'RESOLVED' then coalesce(e.from_operator, c.last_operator_id) end,
      (basis_at, saturated, queue_key) = (
        select q.basis_at, q.saturated, q.queue_key
        from queue_position_at(settings, queue_count(settings, c.message_count, c.waiting_message_count),
          c.boost_minutes, c.last_message_at, c.waiting_since, moment) q
        where p_to = 'QUEUED'),
      is_parked = c.is_parked and e.from_operator is not distinct from e.to_operator,
      awaiting_reply_since = case when p_to <> 'RESOLVED' then c.awaiting_reply_since end,
      version = c.version + 1, last_event_id = e.event_id, updated_at = moment
    from unnest(p_conversations, p_events, p_from_operators, p_to_operators, p_actors, p_reasons, p_scores)
      as e (id, event_id, from_operator, to_operator, actor, reason, score)
    where c.tenant_id = p_tenant and c.id = any (p_conversations) and c.id = e.id and c.state is not distinct from p_from
    returning c.id, c.inbox_id, c.external_conversation_id, c.version, e.event_id, e.from_operator, e.to_operator, e.actor,
      e.reason, e.score, c.waiting_since,
      case when p_to = 'ALLOCATED' and e.from_operator is distinct from e.to_operator then (
        select true from inboxes i
        where i.tenant_id = p_tenant and i.id = c.inbox_id and (
          i.accept_within_seconds is not null and p_type = 'conversation.distributed'
          or i.reply_within_seconds is not null and c.awaiting_reply_since is not null)) end as starts
  ), entry as (
    insert into conversation_events (tenant_id, id, type, conversation_id, inbox_id, external_conversation_id, version,
      actor_type, actor_id, reason, score, from_state, from_operator_id, from_inbox_id, to_state, to_operator_id, to_inbox_id,
      outcome, waiting_since)
    select p_tenant, c.event_id, p_type, c.id, c.inbox_id, c.external_conversation_id, c.version, p_actor_type,
      coalesce(c.actor, p_actors[1]), coalesce(c.reason, p_reasons[1]), c.score,
      p_from, c.from_operator, coalesce(p_from_inbox, c.inbox_id), p_to, c.to_operator, c.inbox_id, p_outcome,
      case when p_from = 'QUEUED' and p_to <> 'QUEUED' then c.waiting_since end
    from changed c
  ), feed as (
    insert into feed_backlog (tenant_id, id, event_ids) values (p_tenant, p_events[1], p_events)
  )
  select count(*)::integer, array_agg(c.id) filter (where c.starts) into changed, starting from changed c;
  if changed <> cardinality(p_conversations) then
    raise exception 'a conversation that was not locked as % cannot become %', p_from, p_to;
  end if;
  -- Deadlines belong to the holder and continue if they keep the conversation. A statement of its own after the lock of
  -- the conversation sees a deadline that began while the lock was waited for.
  if p_from = 'ALLOCATED' then
    with ended as (
      delete from deadlines d
      where d.tenant_id = p_tenant and d.conversation_id = any (p_conversations)
        and d.operator_id is distinct from p_to_operators[array_position(p_conversations, d.conversation_id)]
      returning d.kind, d.operator_id
    )
    select array_agg(e.operator_id) filter (where e.kind = 'ACCEPT') into accepting from ended e;
    -- A resolve by the holder accepts it too.
    if accepting is not null and p_type = 'conversation.resolved' and p_actors[1] = accepting[1]::text then
      delete from missed_acceptances m where m.tenant_id = p_tenant and m.operator_id = accepting[1];
    end if;
  end if;
  if starting is not null then
    perform start_deadlines(p_tenant, starting, p_type = 'conversation.distributed');
  end if;
  return changed;
end
$$;
