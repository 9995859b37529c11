-- Gives each operator the best conversation of their inboxes, as if they had asked one after the other. p_events: an
-- id for the ledger for each. One round trip: it sets the tenant itself. At most 60 operators. Answers a row for the
-- nth operator: refusal is null on success, details are null when nothing waits. HELD_UP: they would have to wait for
-- a lock, and others with them. With p_may_wait a single operator does wait.
create or replace function allocate_conversations(p_tenant uuid, p_operators uuid[], p_events uuid[], p_may_wait boolean)
returns table (nth integer, refusal text, details allocated_conversation)
language plpgsql volatile
as $$
declare
  -- Whoever holds conversations for others already must not wait for one: it may be held by who waits for those.
  may_wait constant boolean := p_may_wait and cardinality(p_operators) = 1;
  as_of timestamptz;
  settings priority_settings;
  auto_subscribes boolean;
  -- Whether what is given to one leaves the order of the rest as it was, and whether the stored keys tell it.
  is_lasting_order boolean;
  is_stored_order boolean;
  locked uuid[];
  refusals text[];
  -- Bits of operators, the nth by 1 << n: who still wants one, whose turn it is, who was given one, who
  -- missed one that others hold.
  wanting bigint := 0;
  turn bigint;
  missed bigint;
  served bigint := 0;
  held_up bigint := 0;
  -- The inboxes of those whose turn it is, who takes from each, and how far to look.
  inboxes uuid[];
  takers bigint[];
  depths integer[];
  depth integer := 1;
  is_cut boolean;
  waiting uuid[];
  places uuid[];
  -- What is given in this round, and to whom.
  given uuid[];
  receivers integer[];
  scores double precision[];
  candidates bigint;
  next_in_line uuid;
  picked record;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  perform share_ranking(p_tenant);
  if may_wait then
    select array_agg(l.id) into locked from (
      select o.id from operators o where o.tenant_id = p_tenant and o.id = p_operators[1] for no key update) l;
  else
    select array_agg(l.id) into locked from (
      select o.id from operators o where o.tenant_id = p_tenant and o.id = any (p_operators) order by o.id
      for no key update skip locked) l;
  end if;
  -- Behind the locks: with them it would still count what was held before it waited.
  select array_agg(case
      when o.id is null then 'NOT_FOUND'
      when o.id = any (locked) and array_position(p_operators, m.id) = m.n then (operator_ineligibility_reasons(
        o.is_active, o.availability, o.max_load, case when o.max_load is not null then (
          select count(*) from conversations c
          where c.tenant_id = p_tenant and c.assigned_operator_id = o.id and c.state = 'ALLOCATED') end))[1]
      else 'HELD_UP' end order by m.n)
  into refusals
  from unnest(p_operators) with ordinality as m (id, n)
  left join operators o on o.tenant_id = p_tenant and o.id = m.id;
  for n in 1 .. cardinality(p_operators) loop
    if refusals[n] is null then wanting := wanting | (1::bigint << n); end if;
  end loop;
  select (s.settings).* into settings from queue_settings s where s.tenant_id = p_tenant;
  select t.auto_subscribe into auto_subscribes from tenants t where t.id = p_tenant;
  is_stored_order := settings.normalization = 'FIXED' and not settings.is_reranking;
  is_lasting_order := is_stored_order or has_order_by_count(settings);

  while wanting <> 0 loop
    -- Not the beginning of the statement: it may have waited, and what came or passed the cap meanwhile counts.
    as_of := clock_timestamp();
    -- Where what is given to one changes the scores of the rest, one after the other.
    turn := case when is_lasting_order then wanting else wanting & -wanting end;
    select array_agg(x.inbox_id), array_agg(x.takers), array_agg(x.operators * depth + 1)
    into inboxes, takers, depths
    from (
      select i.inbox_id, bit_or(1::bigint << m.n::integer) as takers, count(*)::integer as operators
      from unnest(p_operators) with ordinality as m (id, n)
      cross join lateral (
        select s.inbox_id from subscriptions s
        where not auto_subscribes and s.tenant_id = p_tenant and s.operator_id = m.id
        union all
        select x.id from inboxes x where auto_subscribes and x.tenant_id = p_tenant) i
      where turn >> m.n::integer & 1 = 1
      group by i.inbox_id
    ) x;
    if is_stored_order then
      select array_agg(h.id order by h.urgency desc, h.basis_at, h.id),
        array_agg(h.inbox_id order by h.urgency desc, h.basis_at, h.id)
      into waiting, places
      from queue_heads(settings, inboxes, depths, as_of) h;
    elsif is_lasting_order then
      select array_agg(h.id order by h.urgency desc, h.basis_at, h.id),
        array_agg(h.inbox_id order by h.urgency desc, h.basis_at, h.id)
      into waiting, places
      from heads_by_count(settings, inboxes, depths, as_of) h;
    else
      select array_agg(q.id order by q.urgency desc, q.basis_at, q.id),
        array_agg(q.inbox_id order by q.urgency desc, q.basis_at, q.id)
      into waiting, places
      from queue_page(settings, inboxes, as_of, depth + 1, 'Infinity', '-infinity',
        '00000000-0000-0000-0000-000000000000') q;
    end if;
    is_cut := cardinality(waiting) > depth and depth <= 2048;

    -- Best first, to the first who takes from there: so each gets what they would have got one after the other.
    -- What others hold just now is left to them, so that callers do not queue up behind each other.
    missed := 0;
    given := '{}';
    receivers := '{}';
    scores := '{}';
    for w in 1 .. coalesce(cardinality(waiting), 0) loop
      candidates := takers[array_position(inboxes, places[w])] & turn;
      continue when candidates = 0;
      select c.id, c.message_count, c.basis_at into picked from conversations c
      where c.tenant_id = p_tenant and c.id = waiting[w] and c.inbox_id = places[w]
        and c.state is not distinct from 'QUEUED'
      for no key update skip locked;
      if not found then
        missed := missed | candidates;
        continue;
      end if;
      for n in 1 .. cardinality(p_operators) loop
        continue when candidates >> n & 1 = 0;
        given := given || picked.id;
        receivers := receivers || n;
        scores := scores || case when settings.normalization = 'FIXED'
          then priority_score(settings, picked.message_count, picked.basis_at, as_of)
          else queue_score(settings, inboxes, picked.id, picked.message_count, picked.basis_at, as_of) end;
        turn := turn & ~(1::bigint << n);
        served := served | (1::bigint << n);
        exit;
      end loop;
      exit when turn = 0;
    end loop;

    -- All that wait are held by others, perhaps only for a moment by a new message: wait for them rather than
    -- answer that nothing waits. The operator is locked already, so the lock order holds.
    while may_wait and turn & missed <> 0 and not is_cut loop
      as_of := clock_timestamp();
      select q.id into next_in_line
      from queue_page(settings, inboxes, as_of, 1, 'Infinity', '-infinity',
        '00000000-0000-0000-0000-000000000000') q;
      exit when not found;
      select c.id, c.message_count, c.basis_at into picked from conversations c
      where c.tenant_id = p_tenant and c.id = next_in_line and c.inbox_id = any (inboxes)
        and c.state is not distinct from 'QUEUED'
      for no key update;
      continue when not found;
      given := array[picked.id];
      receivers := array[1];
      scores := array[queue_score(settings, inboxes, picked.id, picked.message_count, picked.basis_at, as_of)];
      served := turn;
      turn := 0;
    end loop;

    if given <> '{}' then
      -- With autoSubscribe, taking subscribes.
      if auto_subscribes then
        insert into subscriptions (tenant_id, inbox_id, operator_id)
        select p_tenant, c.inbox_id, p_operators[g.n]
        from unnest(given, receivers) as g (id, n)
        join conversations c on c.tenant_id = p_tenant and c.id = g.id
        order by c.inbox_id, p_operators[g.n]
        on conflict do nothing;
      end if;
      return query
      with allocated as (
        update conversations c
        set state = 'ALLOCATED', assigned_operator_id = p_operators[g.n], basis_at = null, saturated = null,
          queue_key = null, version = c.version + 1, last_event_id = p_events[g.n], updated_at = now()
        from unnest(given, receivers, scores) as g (id, n, score)
        where c.tenant_id = p_tenant and c.id = any (given) and c.id = g.id
        returning c.*, g.n, g.score
      ), ledger as (
        insert into conversation_events (tenant_id, id, type, conversation_id, inbox_id, external_conversation_id,
          version, actor_type, actor_id, reason, score, from_state, from_inbox_id, to_state, to_operator_id,
          to_inbox_id)
        select a.tenant_id, a.last_event_id, 'conversation.allocated', a.id, a.inbox_id, a.external_conversation_id,
          a.version, 'OPERATOR', a.assigned_operator_id::text,
          'Asked for the next conversation: this one was first in line with a score of ' || round(a.score::numeric, 4),
          a.score, 'QUEUED', a.inbox_id, a.state, a.assigned_operator_id, a.inbox_id
        from allocated a
      ), feed as (
        insert into feed_backlog (tenant_id, id, event_ids)
        select p_tenant, e.ids[1], e.ids from (select array_agg(a.last_event_id) as ids from allocated a) e
        where e.ids is not null
      )
      -- As conversation_details would show it; to look there would take a statement of its own.
      select a.n, null::text, (a.tenant_id, a.id, a.inbox_id, a.external_conversation_id, a.customer_phone_number,
        a.display_name, a.lead_id, a.state, a.assigned_operator_id, a.message_count, a.last_message_at,
        a.waiting_since, null::double precision,
        (select coalesce(json_agg(json_build_object('id', l.id, 'name', l.name, 'color', l.color) order by l.name, l.id), '[]')
          from conversation_labels x join labels l on l.tenant_id = x.tenant_id and l.id = x.label_id
          where x.tenant_id = p_tenant and x.conversation_id = a.id),
        a.version, a.created_at, a.updated_at, a.resolved_at)::allocated_conversation
      from allocated a;
    end if;

    -- Who has none yet and missed some looks further down, or is told to ask alone; for the rest nothing waits.
    turn := turn & missed;
    if turn <> 0 and is_cut then
      wanting := case when is_lasting_order then turn else wanting end;
      depth := depth * 8;
    else
      held_up := held_up | case when may_wait then 0 else turn end;
      wanting := case when is_lasting_order then 0 else wanting & (wanting - 1) end;
      depth := 1;
    end if;
  end loop;

  return query
  select m.n, coalesce(refusals[m.n], case when held_up >> m.n & 1 = 1 then 'HELD_UP' end), null::allocated_conversation
  from generate_series(1, cardinality(p_operators)) as m (n)
  where served >> m.n & 1 = 0;
end
$$;
