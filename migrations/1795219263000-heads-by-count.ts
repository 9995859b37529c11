import type { MigrationInterface, QueryRunner } from 'typeorm';
import { AllocateTogether1795219261000 } from './1795219261000-allocate-together.js';
import { RerankInBatches1795219210000 } from './1795219210000-rerank-in-batches.js';
import { HandOut1795219211500 } from './1795219211500-hand-out.js';
import { earlierFunction, withPart } from './support/earlier-function.js';

/**
 * While the keys of a queue are rewritten after a change of the weights, allocate found the best of it by reading all of
 * it. An index by count and age has an order that no weights change: docs/adr/0002-queue-key.md.
 */
export class HeadsByCount1795219263000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Always true where state = 'QUEUED', and only heads_by_count says it: no other plan takes this index.
      create index conversations_queue_counts on conversations (tenant_id, inbox_id, message_count desc, basis_at, id)
        where basis_at is not null and message_count > 0;
      comment on index conversations_queue_counts is
        'allocate while a change of the weights rewrites the keys: the longest waiting of each count';

      -- With another delay basis basis_at is rewritten, too, and no stored order holds until it has been.
      alter table tenants add column delay_basis_changes boolean not null default false;

      -- Whether heads_by_count tells the order: a change of the weights is under way, and basis_at is as it will be.
      create function has_order_by_count(settings tenants) returns boolean
      language sql immutable parallel safe
      return settings.normalization = 'FIXED' and settings.reranked_up_to is not null
        and not settings.delay_basis_changes;

      -- As queue_heads, without the stored keys. Of those with the same count the one that waits longest comes first,
      -- whatever the weights; so it goes from the highest count down, and stops in an inbox where as many rows as asked for
      -- are at least as urgent as anybody with fewer messages can be. Where as many of a count waited before a moment, those
      -- with fewer messages that began to wait after it are left out.
      create function heads_by_count(p_settings tenants, p_inboxes uuid[], p_depths integer[], p_as_of timestamptz)
      returns table (id uuid, inbox_id uuid, urgency double precision, basis_at timestamptz)
      language sql stable
      as $$
        with recursive longest as materialized (
          select queue_urgency(p_settings, 0, least(
            (select c.basis_at from conversations c
              where c.tenant_id = p_settings.id and c.saturated = false and c.basis_at is not null
              order by c.basis_at limit 1),
            (select c.basis_at from conversations c
              where c.tenant_id = p_settings.id and c.saturated = true and c.basis_at is not null
              order by c.basis_at limit 1)), p_as_of) as urgency
        ), of_count as (
          select i.inbox_id, i.depth, 2147483647 as message_count, '{}'::uuid[] as ids, '{}'::timestamptz[] as basis_ats,
            '-Infinity'::double precision as enough, 'infinity'::timestamptz as waiting_before
          from unnest(p_inboxes, p_depths) as i (inbox_id, depth)
          union all
          select b.inbox_id, b.depth, n.message_count, n.ids, n.basis_ats,
            case when n.rows < b.depth then b.enough
              else greatest(b.enough, queue_urgency(p_settings, n.message_count, n.last_basis_at, p_as_of)) end,
            case when n.rows < b.depth then b.waiting_before else least(b.waiting_before, n.last_basis_at) end
          from of_count b
          cross join lateral (
            select f.message_count, count(*) as rows, max(f.basis_at) as last_basis_at,
              array_agg(f.id) filter (where f.basis_at <= b.waiting_before) as ids,
              array_agg(f.basis_at) filter (where f.basis_at <= b.waiting_before) as basis_ats
            from (
              select c.message_count, c.id, c.basis_at from conversations c
              where c.tenant_id = p_settings.id and c.inbox_id = b.inbox_id and c.message_count < b.message_count
                and c.message_count > 0 and c.basis_at is not null
              order by c.message_count desc, c.basis_at, c.id
              limit b.depth
            ) f
            group by f.message_count
            order by f.message_count desc
            limit 1
          ) n
          where queue_bonus(p_settings, b.message_count - 1) + (select l.urgency from longest l) >= b.enough
        )
        select r.id, o.inbox_id, queue_urgency(p_settings, o.message_count, r.basis_at, p_as_of), r.basis_at
        from of_count o
        cross join lateral unnest(o.ids, o.basis_ats) as r (id, basis_at)
      $$;

      -- As before, and without reading the whole queue for the first page while the keys are rewritten.
      create or replace function queue_page(
        p_settings tenants, p_inboxes uuid[], p_as_of timestamptz, p_limit integer,
        p_after_urgency double precision, p_after_basis timestamptz, p_after_id uuid
      ) returns table (id uuid, inbox_id uuid, urgency double precision, basis_at timestamptz)
      language sql stable
      as $$
        select q.id, q.inbox_id, q.urgency, q.basis_at
        from (
          select f.* from fixed_queue_page(
            p_settings, p_inboxes, p_as_of, p_limit, p_after_urgency, p_after_basis, p_after_id) f
          where p_settings.normalization = 'FIXED' and p_settings.reranked_up_to is null
          union all
          select h.* from heads_by_count(
            p_settings, p_inboxes, array_fill(p_limit, array[cardinality(p_inboxes)]), p_as_of) h
          where has_order_by_count(p_settings) and p_after_urgency = 'Infinity'
          union all
          select s.* from scanned_queue_page(
            p_settings, p_inboxes, p_as_of, p_limit, p_after_urgency, p_after_basis, p_after_id) s
          where p_settings.normalization = 'FIXED' and p_settings.reranked_up_to is not null
            and not (has_order_by_count(p_settings) and p_after_urgency = 'Infinity')
          union all
          select w.id, w.inbox_id, w.urgency, w.basis_at from candidate_window(p_settings, p_inboxes, p_as_of) w
          where p_settings.normalization = 'CANDIDATE_WINDOW'
            and (w.urgency < p_after_urgency
              or (w.urgency = p_after_urgency and (w.basis_at, w.id) > (p_after_basis, p_after_id)))
        ) q
        order by q.urgency desc, q.basis_at, q.id
        limit p_limit
      $$;

      -- Gives each operator the best conversation of their inboxes: as before, and also while the keys are rewritten together.
      create or replace function allocate_conversations(p_tenant uuid, p_operators uuid[], p_events uuid[], p_may_wait boolean)
      returns table (nth integer, refusal text, details conversation_details)
      language plpgsql volatile
      as $$
      declare
        -- Whoever holds conversations for others already must not wait for one: it may be held by who waits for those.
        may_wait constant boolean := p_may_wait and cardinality(p_operators) = 1;
        as_of timestamptz;
        settings tenants;
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
        picked conversations;
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
            when o.id = any (locked) and array_position(p_operators, m.id) = m.n then (operator_obstacles(o))[1]
            else 'HELD_UP' end order by m.n)
        into refusals
        from unnest(p_operators) with ordinality as m (id, n)
        left join operators o on o.tenant_id = p_tenant and o.id = m.id;
        for n in 1 .. cardinality(p_operators) loop
          if refusals[n] is null then wanting := wanting | (1::bigint << n); end if;
        end loop;
        select t.* into settings from tenants t where t.id = p_tenant;
        is_stored_order := settings.normalization = 'FIXED' and settings.reranked_up_to is null;
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
            cross join lateral inboxes_to_take_from(p_tenant, settings.auto_subscribe, m.id) as i (inbox_id)
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
            select c.* into picked from conversations c
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
            select c.* into picked from conversations c
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
            if settings.auto_subscribe then
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
              where c.tenant_id = p_tenant and c.id = g.id
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
            )
            -- As conversation_details would show it; to look there would take a statement of its own.
            select a.n, null::text, (a.tenant_id, a.id, a.inbox_id, a.external_conversation_id, a.customer_phone_number,
              a.display_name, a.lead_id, a.state, a.assigned_operator_id, a.message_count, a.last_message_at,
              a.waiting_since, null::double precision,
              (select coalesce(json_agg(json_build_object('id', l.id, 'name', l.name, 'color', l.color) order by l.name, l.id), '[]')
                from conversation_labels x join labels l on l.tenant_id = x.tenant_id and l.id = x.label_id
                where x.tenant_id = p_tenant and x.conversation_id = a.id),
              a.version, a.created_at, a.updated_at, a.resolved_at)::conversation_details
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
        select m.n, coalesce(refusals[m.n], case when held_up >> m.n & 1 = 1 then 'HELD_UP' end), null::conversation_details
        from generate_series(1, cardinality(p_operators)) as m (n)
        where served >> m.n & 1 = 0;
      end
      $$;
    `);
    const handOut = await earlierFunction(new HandOut1795219211500(), 'hand_out');
    await runner.query(withPart(handOut, JOINED, PROBED));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(await earlierFunction(new HandOut1795219211500(), 'hand_out'));
    await runner.query(await earlierFunction(new AllocateTogether1795219261000(), 'allocate_conversations'));
    await runner.query(await earlierFunction(new RerankInBatches1795219210000(), 'queue_page'));
    await runner.query(`
      drop function heads_by_count, has_order_by_count;
      drop index conversations_queue_counts;
      alter table tenants drop column delay_basis_changes;
    `);
  }
}

/** How hand_out locked the first in line that nobody else has locked. */
const JOINED = `
            from tenants t
            cross join lateral queue_page(t, waiting_in, statement_timestamp(), depth, 'Infinity', '-infinity',
              '00000000-0000-0000-0000-000000000000') q
            -- By its key: "state = 'QUEUED'" would also allow an index of the whole queue, which looks cheap while that is short.
            join conversations c on c.tenant_id = p_tenant and c.id = q.id and c.inbox_id = q.inbox_id
              and c.state is not distinct from 'QUEUED'
            where t.id = p_tenant
            order by q.urgency desc, q.basis_at, q.id
            limit 1
            for no key update of c skip locked;`;

/** With one probe after the other, in their order; a join would read the whole queue where the page looks long. */
const PROBED = `
            from (
              select q.id, q.inbox_id
              from tenants t
              cross join lateral queue_page(t, waiting_in, statement_timestamp(), depth, 'Infinity', '-infinity',
                '00000000-0000-0000-0000-000000000000') q
              where t.id = p_tenant
              order by q.urgency desc, q.basis_at, q.id
              offset 0) q
            cross join lateral (
              select c.* from conversations c
              where c.tenant_id = p_tenant and c.id = q.id and c.inbox_id = q.inbox_id
                and c.state is not distinct from 'QUEUED'
              for no key update skip locked) c
            limit 1;`;
