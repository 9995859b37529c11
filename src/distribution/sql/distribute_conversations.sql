-- Gives waiting conversations of the inboxes to the receivers, best priority first, at most one for each id for the
-- ledger in p_events. rank_receivers has the strategies. The caller holds the locks of inboxes and receivers
-- (lock_distribution, lock_receivers), so their loads are read once and counted here from then on. It skips
-- conversations that another transaction has locked. With p_may_wait it waits for one as long as it holds none itself;
-- after that, a row of nulls says that there is more. With p_is_backlog each operator is given at most the
-- backlogPerMinute of the tenant within a minute.
create or replace function distribute_conversations(
  p_tenant uuid, p_inboxes uuid[], p_receivers uuid[], p_events uuid[], p_may_wait boolean, p_is_backlog boolean)
returns table (conversation_id uuid, inbox_id uuid, operator_id uuid)
language plpgsql volatile
as $$
declare
  never constant timestamptz := '0001-01-01 00:00:00+00';
  unlimited constant integer := 2147483647;
  ranking record;
  settings priority_settings;
  -- How many conversations to lock and give with one statement.
  step integer;
  -- Per receiver: what they hold and how many more they may get.
  receivers uuid[];
  held integer[];
  rooms integer[];
  -- How much of the backlog they were given lately, and how much each taker may be. null: as much as there is.
  given integer[];
  shares integer[];
  -- A taker is a subscription of a receiver, with a room of its own. Those of inbox n are takers[firsts[n] .. lasts[n]].
  takers integer[];
  weights integer[];
  given_at timestamptz[];
  taker_rooms integer[];
  inboxes uuid[];
  strategies text[];
  firsts integer[];
  lasts integer[];
  -- The number of each taker: numbers[t] is t.
  numbers integer[];
  -- Of the takers of an inbox, a step ranks as many as it has conversations left. No other one can be the best, because
  -- nobody's value falls when somebody is given a conversation. Those of inbox n are candidates[starts[n] .. ends[n]].
  candidates integer[];
  starts integer[];
  ends integer[];
  is_ranking boolean;
  most integer;
  -- When the next conversation would come to each taker, if they came at random, to each as often as its weight says. Who
  -- is first is as likely as a new draw says. After a declined conversation it would not be, since that passes some over.
  times double precision[];
  -- The inboxes in which somebody may have room.
  waiting_in uuid[];
  room bigint;
  distributed integer := 0;
  depth integer;
  held_up boolean;
  holding boolean := false;
  wanted integer;
  first_in_line record;
  choice record;
  place integer;
  receiver integer;
  -- Conversations that all who have room have declined. Each page looks that much deeper.
  skipped uuid[] := '{}';
  is_declined boolean;
  declined uuid[];
  strictly uuid[];
  -- What one step gives.
  conversations uuid[];
  given_in uuid[];
  given_to uuid[];
  moments timestamptz[];
  events uuid[];
  reasons text[];
  scores double precision[];
  n integer;
  -- A variable: Citus allows no clock in an UPDATE.
  minute_ago timestamptz;
begin
  select s.settings, s.auto_subscribe,
    case when p_is_backlog then (select t.backlog_per_minute from tenants t where t.id = p_tenant) end as per_minute
  into ranking from queue_settings s where s.tenant_id = p_tenant;
  settings := ranking.settings;
  -- Allocating one may change the order of the rest.
  step := case when has_lasting_order(settings) then 50 else 1 end;

  <<loads>>
  declare
    inbox_of uuid[];
    strategy_of text[];
    uses_load boolean;
  begin
    uses_load := exists (
      select 1 from inboxes i
      where i.tenant_id = p_tenant and i.id = any (p_inboxes)
        and (rank_receivers(
          i.distribution, null, null, '{}', 1, null, null, null, null, null, null, null, null, null, null)).uses_load);
    select array_agg(r.id order by r.id), array_agg(r.held order by r.id),
      array_agg(coalesce(r.max_load - r.held, unlimited) order by r.id), array_agg(r.given order by r.id)
    into receivers, held, rooms, given
    from (
      select o.id, o.max_load, coalesce(l.held, 0)::integer as held,
        case when ranking.per_minute is not null then given_lately(o.backlog_given_at, clock_timestamp()) end as given
      from operators o
      cross join lateral (
        select case when o.max_load is not null or uses_load then (
          select count(*) from conversations c
          where c.tenant_id = p_tenant and c.assigned_operator_id = o.id and c.state = 'ALLOCATED'
            and not c.is_parked) end as held
        offset 0) l
      where o.tenant_id = p_tenant and o.id = any (p_receivers)) r;
    select array_agg(t.inbox_id order by t.inbox_id, t.receiver), array_agg(t.strategy order by t.inbox_id, t.receiver),
      array_agg(t.receiver order by t.inbox_id, t.receiver), array_agg(t.weight order by t.inbox_id, t.receiver),
      array_agg(coalesce(t.last_distributed_at, never) order by t.inbox_id, t.receiver),
      array_agg(coalesce(t.max_load - t.held, unlimited) order by t.inbox_id, t.receiver),
      case when ranking.per_minute is not null then
        array_agg(backlog_share(ranking.per_minute, t.strategy, t.weight, t.highest) order by t.inbox_id, t.receiver) end
    into inbox_of, strategy_of, takers, weights, given_at, taker_rooms, shares
    from (
      select s.inbox_id, i.distribution as strategy, r.n::integer as receiver, s.weight, s.last_distributed_at, s.max_load,
        l.held, max(s.weight) over (partition by s.inbox_id) as highest
      from unnest(receivers, held) with ordinality as r (id, held, n)
      join operators o on o.tenant_id = p_tenant and o.id = r.id
      join subscriptions s on s.tenant_id = p_tenant and s.operator_id = r.id and s.inbox_id = any (p_inboxes)
      join inboxes i on i.tenant_id = p_tenant and i.id = s.inbox_id
      cross join lateral (
        select case when s.max_load is not null then (
          select count(*)::integer from conversations c
          where c.tenant_id = p_tenant and c.assigned_operator_id = o.id and c.state = 'ALLOCATED'
            and c.inbox_id = s.inbox_id and not c.is_parked) end as held
        offset 0) l
      -- The receivers are present: lock_receivers has seen to it.
      where i.distribution <> 'PULL' and ineligibility_reasons(
        o.is_active, o.availability, true, o.max_load, r.held, i.distribution, ranking.auto_subscribe, s.weight,
        s.max_load, l.held) = '{}') t;
    n := 0;
    for t in 1 .. coalesce(cardinality(takers), 0) loop
      if t = 1 or inbox_of[t] <> inbox_of[t - 1] then
        n := n + 1;
        inboxes[n] := inbox_of[t];
        strategies[n] := strategy_of[t];
        firsts[n] := t;
      end if;
      lasts[n] := t;
      numbers[t] := t;
    end loop;
  end;

  waiting_in := inboxes;
  while distributed < cardinality(p_events) and cardinality(waiting_in) > 0 loop
    -- No more are locked than there is room for.
    select coalesce(sum(x.room), 0) into room from (
      select t.receiver, least(rooms[t.receiver]::bigint, 
          sum(greatest(least(taker_rooms[k.n], shares[k.n] - given[t.receiver]), 0))) as room
      from unnest(waiting_in) as w (id)
      cross join lateral generate_series(
        firsts[array_position(inboxes, w.id)], lasts[array_position(inboxes, w.id)]) as k (n)
      cross join lateral (select takers[k.n] as receiver) t
      group by t.receiver) x
    where x.room > 0;
    exit when room = 0;
    wanted := least(step, cardinality(p_events) - distributed, room);
    depth := wanted;
    loop
      select array_agg(w.id) as ids, array_agg(w.inbox_id) as inbox_ids, array_agg(w.declined_until) as declined_until,
        array_agg(w.queue_count) as queue_counts, array_agg(w.boost_minutes) as boosts, array_agg(w.basis_at) as basis_ats
      into first_in_line
      from (
        select c.*
        from (
          select q.id, q.inbox_id
          from queue_page(settings, waiting_in, statement_timestamp(), depth + cardinality(skipped), 'Infinity',
            '-infinity', '00000000-0000-0000-0000-000000000000') q
          where q.id <> all (skipped)
          order by q.urgency desc, q.basis_at, q.id
          offset 0) q
        cross join lateral (
          select c.id, c.inbox_id, c.declined_until, c.basis_at,
            queue_count(settings, c.message_count, c.waiting_message_count) as queue_count,
            c.boost_minutes + inbox_boost(settings, c.inbox_id) as boost_minutes
          from conversations c
          where c.tenant_id = p_tenant and c.id = q.id and c.inbox_id = q.inbox_id
            and c.state is not distinct from 'QUEUED'
          for no key update skip locked) c
        limit wanted) w;
      exit when first_in_line.ids is not null;
      held_up := exists (
        select 1 from conversations c
        where c.tenant_id = p_tenant and c.inbox_id = any (waiting_in) and c.state = 'QUEUED'
          and c.id <> all (skipped));
      exit when not held_up or depth >= 2048;
      depth := depth * 8;
    end loop;
    if first_in_line.ids is null then
      exit when not held_up or not p_may_wait;
      if holding then
        -- If it has only locked what it skips, the next transaction would get no further: the sweep goes on.
        if distributed > 0 or skipped = '{}' then return query select null::uuid, null::uuid, null::uuid; end if;
        exit;
      end if;
      -- A new message or a supervisor holds it, perhaps only for a moment. This transaction has locked no conversation
      -- yet, so waiting for one keeps the order of the locks.
      perform 1 from conversations c
      where c.tenant_id = p_tenant and c.state is not distinct from 'QUEUED' and c.id = (
        select q.id from queue_page(settings, waiting_in, statement_timestamp(), 1, 'Infinity', '-infinity',
          '00000000-0000-0000-0000-000000000000') q)
      for no key update;
      holding := true;
      continue;
    end if;
    holding := true;

    <<match>>
    begin
      conversations := null;
      candidates := '{}';
      starts := null;
      ends := null;
      times := null;
      n := 0;
      for w in 1 .. cardinality(first_in_line.ids) loop
        place := array_position(inboxes, first_in_line.inbox_ids[w]);
        continue when array_position(waiting_in, inboxes[place]) is null;
        is_declined := coalesce(first_in_line.declined_until[w] > clock_timestamp(), false);
        declined := '{}';
        strictly := '{}';
        if is_declined then
          select d.operators, d.strictly into declined, strictly from running_declines(p_tenant, first_in_line.ids[w]) d;
        end if;
        is_ranking := starts[place] is null and not is_declined;
        most := case when is_ranking then cardinality(first_in_line.ids) - w + 1 else 1 end;
        if most > 1 then
          times[firsts[place] : lasts[place]] := array(
            select random_time(t.weight) from unnest(weights[firsts[place] : lasts[place]]) as t (weight));
        end if;
        choice := rank_receivers(strategies[place], declined, strictly,
          case when is_ranking or is_declined then numbers[firsts[place] : lasts[place]]
            else candidates[starts[place] : ends[place]] end,
          most, takers, weights, case when not is_declined then times end, given_at, receivers, held, rooms, taker_rooms,
          shares, given);
        if is_ranking then
          starts[place] := cardinality(candidates) + 1;
          candidates := candidates || choice.best;
          ends[place] := cardinality(candidates);
        end if;
        if choice.taker is null then
          if is_declined then
            -- The next one may go to somebody.
            skipped := skipped || first_in_line.ids[w];
            continue;
          end if;
          waiting_in := array_remove(waiting_in, inboxes[place]);
          continue;
        end if;
        receiver := takers[choice.taker];
        held[receiver] := held[receiver] + 1;
        rooms[receiver] := rooms[receiver] - 1;
        taker_rooms[choice.taker] := taker_rooms[choice.taker] - 1;
        given[receiver] := given[receiver] + 1;
        -- The clock and not the start of the transaction: a batch has many turns.
        given_at[choice.taker] := clock_timestamp();
        if not is_declined then
          times[choice.taker] := times[choice.taker] + random_time(weights[choice.taker]);
        end if;
        n := n + 1;
        conversations[n] := first_in_line.ids[w];
        given_in[n] := inboxes[place];
        given_to[n] := receivers[receiver];
        moments[n] := given_at[choice.taker];
        events[n] := p_events[distributed + n];
        reasons[n] := choice.reason;
        scores[n] := queue_score(settings, array[inboxes[place]], first_in_line.ids[w], first_in_line.queue_counts[w],
          first_in_line.boosts[w], first_in_line.basis_ats[w], statement_timestamp());
      end loop;
    end;
    continue when conversations is null;

    distributed := distributed + transition_conversations(p_tenant, 'conversation.distributed', conversations,
      events[1 : n], 'QUEUED', null, 'ALLOCATED', given_to[1 : n], 'SYSTEM', null, reasons[1 : n], scores[1 : n]);
    update subscriptions s set last_distributed_at = g.at
    from (
      select m.inbox_id, m.operator_id, max(m.at) as at
      from unnest(given_in[1 : n], given_to[1 : n], moments[1 : n]) as m (inbox_id, operator_id, at)
      group by m.inbox_id, m.operator_id) g
    where s.tenant_id = p_tenant and s.inbox_id = g.inbox_id and s.operator_id = g.operator_id;
    if ranking.per_minute is not null then
      minute_ago := clock_timestamp() - interval '1 minute';
      update operators o
      set backlog_given_at = array(
        select m.at from unnest(o.backlog_given_at) as m (at) where m.at > minute_ago) || g.at
      from (
        select m.operator_id, array_agg(m.at) as at from unnest(given_to[1 : n], moments[1 : n]) as m (operator_id, at)
        group by m.operator_id) g
      where o.tenant_id = p_tenant and o.id = g.operator_id;
    end if;
    return query select * from unnest(conversations, given_in[1 : n], given_to[1 : n]);
  end loop;
end
$$;
