-- Allocates to each operator whose turn it is the best conversation of their inboxes, as if they had asked one after
-- the other. The caller has locked the operators. received: the conversation per operator, or null. held_up: whether
-- the operator has none because other transactions hold what waits. With p_may_wait a single operator waits for it
-- instead. What an operator has declined is passed over (declining_operators).
create or replace function allocate_round(
  p_settings priority_settings, p_auto_subscribe boolean, p_operators uuid[], p_events uuid[], p_turn boolean[],
  p_may_wait boolean, out received uuid[], out held_up boolean[])
language plpgsql volatile
as $$
declare
  asked constant text := 'Asked for the next conversation: this one was first in line with a score of ';
  -- The operators who have none yet and for whom something may still wait.
  turn boolean[] := p_turn;
  -- How many rows of each inbox to read per operator who takes from it.
  depth integer := 1;
  as_of timestamptz;
  -- The inboxes and how many rows of each to read. The operators who take from inbox n are takers[firsts[n] .. lasts[n]].
  inboxes uuid[];
  depths integer[];
  firsts integer[];
  lasts integer[];
  takers integer[];
  -- The conversations that wait there, best first, and the inbox of each.
  waiting uuid[];
  waiting_in uuid[];
  is_cut boolean;
  place integer;
  receiver integer;
  -- The operators who have declined the conversation, null if it is not known to be declined.
  declining uuid[];
  is_locked boolean;
  -- Whether an operator passed over something that they have declined.
  declined boolean[];
  picked record;
  -- The conversations to allocate and their operators.
  conversations uuid[];
  operators uuid[];
  events uuid[];
  scores double precision[];
  reasons text[];
  n integer;
begin
  loop
    -- Not the start of the statement: it may have waited for a lock, and rows that arrived meanwhile count.
    as_of := clock_timestamp();
    <<inboxes_in_turn>>
    declare
      inbox_of uuid[];
    begin
      select array_agg(t.inbox_id), array_agg(t.n::integer) into inbox_of, takers from (
        select i.inbox_id, m.n
        from unnest(p_operators, turn) with ordinality as m (id, has_turn, n)
        cross join lateral (
          select s.inbox_id from subscriptions s
          where not p_auto_subscribe and s.tenant_id = p_settings.tenant_id and s.operator_id = m.id
            and (s.max_load is null or not is_at_inbox_capacity(p_settings.tenant_id, m.id, s.inbox_id))
          union all
          select x.id from inboxes x
          where p_auto_subscribe and x.tenant_id = p_settings.tenant_id
            and not is_at_inbox_capacity(p_settings.tenant_id, m.id, x.id)) i
        where m.has_turn
        order by i.inbox_id, m.n) t;
      -- The operators who are left are subscribed to nothing.
      if takers is null then return; end if;
      inboxes := null;
      depths := null;
      n := 0;
      for t in 1 .. cardinality(takers) loop
        if t = 1 or inbox_of[t] <> inbox_of[t - 1] then
          n := n + 1;
          inboxes[n] := inbox_of[t];
          depths[n] := 1;
          firsts[n] := t;
        end if;
        depths[n] := depths[n] + depth;
        lasts[n] := t;
      end loop;
    end;

    <<first_in_line>>
    begin
      if p_settings.normalization = 'FIXED' and not p_settings.is_reranking then
        select array_agg(h.id order by h.urgency desc, h.basis_at, h.id),
          array_agg(h.inbox_id order by h.urgency desc, h.basis_at, h.id)
        into waiting, waiting_in
        from queue_heads(p_settings, inboxes, depths, as_of) h;
      elsif has_order_by_count(p_settings) then
        select array_agg(h.id order by h.urgency desc, h.basis_at, h.id),
          array_agg(h.inbox_id order by h.urgency desc, h.basis_at, h.id)
        into waiting, waiting_in
        from heads_by_count(p_settings, inboxes, depths, as_of) h;
      else
        select array_agg(q.id order by q.urgency desc, q.basis_at, q.id),
          array_agg(q.inbox_id order by q.urgency desc, q.basis_at, q.id)
        into waiting, waiting_in
        from queue_page(p_settings, inboxes, as_of, depth + 1, 'Infinity', '-infinity',
          '00000000-0000-0000-0000-000000000000') q;
      end if;
      is_cut := coalesce(cardinality(waiting) > depth and depth <= 2048, false);
    end;

    -- Each row goes to the first operator who takes from its inbox and has none yet, as if they had asked one after the
    -- other. Rows that another transaction has locked are skipped, so that callers do not queue up behind each other.
    <<match>>
    begin
      conversations := null;
      operators := null;
      events := null;
      scores := null;
      reasons := null;
      held_up := array_fill(false, array[cardinality(p_operators)]);
      declined := held_up;
      n := 0;
      for w in 1 .. coalesce(cardinality(waiting), 0) loop
        receiver := null;
        place := array_position(inboxes, waiting_in[w]);
        for t in firsts[place] .. lasts[place] loop
          if turn[takers[t]] then
            receiver := takers[t];
            exit;
          end if;
        end loop;
        continue when receiver is null;
        declining := null;
        loop
          -- One that is declined is not locked: who has locked a conversation must not wait for another one.
          select queue_count(p_settings, c.message_count, c.waiting_message_count) as queue_count, c.basis_at,
            c.boost_minutes + inbox_boost(p_settings, c.inbox_id) as boost_minutes
          into picked from conversations c
          where c.tenant_id = p_settings.tenant_id and c.id = waiting[w] and c.inbox_id = waiting_in[w]
            and c.state is not distinct from 'QUEUED'
            and (c.declined_until is null or c.declined_until <= as_of
              or p_operators[receiver] <> all (declining_operators(c.tenant_id, c.id, c.inbox_id)))
          for no key update skip locked;
          is_locked := found;
          exit when is_locked or declining is not null;
          select declining_operators(c.tenant_id, c.id, c.inbox_id) into declining from conversations c
          where c.tenant_id = p_settings.tenant_id and c.id = waiting[w] and c.inbox_id = waiting_in[w]
            and c.state is not distinct from 'QUEUED' and c.declined_until > as_of;
          exit when declining is null;
          -- Somebody else of the batch may not have declined it.
          receiver := null;
          for t in firsts[place] .. lasts[place] loop
            continue when not turn[takers[t]];
            if p_operators[takers[t]] = any (declining) then
              declined[takers[t]] := true;
            elsif receiver is null then
              receiver := takers[t];
            end if;
          end loop;
          exit when receiver is null;
        end loop;
        if is_locked then
          n := n + 1;
          conversations[n] := waiting[w];
          operators[n] := p_operators[receiver];
          events[n] := p_events[receiver];
          scores[n] := case when p_settings.normalization = 'FIXED'
            then priority_score(p_settings, picked.queue_count, picked.boost_minutes, picked.basis_at, as_of)
            else queue_score(p_settings, inboxes, waiting[w], picked.queue_count, picked.boost_minutes, picked.basis_at,
              as_of) end;
          reasons[n] := asked || round(scores[n]::numeric, 4);
          received[receiver] := waiting[w];
          turn[receiver] := false;
          exit when not (true = any (turn));
        elsif receiver is not null then
          for t in firsts[place] .. lasts[place] loop
            held_up[takers[t]] := held_up[takers[t]]
              or turn[takers[t]] and (declining is null or p_operators[takers[t]] <> all (declining));
          end loop;
        end if;
      end loop;
      for o in 1 .. cardinality(turn) loop
        held_up[o] := held_up[o] and turn[o];
        turn[o] := turn[o] and (held_up[o] or declined[o]);
      end loop;
    end;

    if p_may_wait and not is_cut and true = any (held_up) then
      select w.conversation, w.score into picked from wait_for_first(p_settings, inboxes, p_operators[1]) w;
      if picked.conversation is not null then
        conversations := array[picked.conversation];
        operators := p_operators;
        events := p_events;
        scores := array[picked.score];
        reasons := array[asked || round(picked.score::numeric, 4)];
        received := conversations;
      end if;
      turn := '{f}';
      held_up := '{f}';
    end if;

    if conversations is not null then
      n := transition_conversations(p_settings.tenant_id, 'conversation.allocated', conversations, events,
        'QUEUED', null, 'ALLOCATED', operators, 'OPERATOR', operators::text[], reasons, scores);
      if p_auto_subscribe then
        n := subscribe_by_taking(p_settings.tenant_id, conversations, operators);
      end if;
    end if;

    -- Operators who have none and skipped rows look further down. Who skipped locked ones to the end is told HELD_UP.
    exit when not is_cut or not (true = any (turn));
    depth := depth * 8;
  end loop;
end
$$;
