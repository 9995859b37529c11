import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The order of the queue (docs/adr/0002-queue-key.md).
 *
 * score = alpha · least(count / maxCount, 1) + beta · least(delay / maxDelay, 1). Divided by beta / maxDelay it becomes
 * a time: urgency = bonus(count) + least(delay, cap), in microseconds. The bonus is rounded to whole microseconds, so
 * that every sum below is a whole number that a double holds exactly, and equal scores are really equal.
 */
export class Queue1795219204000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function epoch_microseconds(moment timestamptz) returns double precision
      language sql stable parallel safe
      return (extract(epoch from moment) * 1000000)::double precision;

      -- What the messages are worth, in microseconds of waiting. Without beta, time counts for nothing: just the count.
      create function queue_bonus(settings tenants, message_count integer) returns double precision
      language sql immutable parallel safe
      return case
        when settings.beta = 0 then least(message_count, settings.max_message_count)
        else round(settings.alpha / settings.beta * least(message_count, settings.max_message_count)
          / settings.max_message_count * coalesce(settings.max_delay_minutes, 1440) * 60000000)
      end;

      -- The delay, in microseconds, after which waiting longer adds nothing.
      create function queue_cap(settings tenants) returns double precision
      language sql immutable parallel safe
      return case
        when settings.beta = 0 then 0
        when settings.max_delay_minutes is null then 'Infinity'
        else settings.max_delay_minutes * 60000000::double precision
      end;

      -- What the delay is counted from.
      create function queue_basis(settings tenants, last_message_at timestamptz, waiting_since timestamptz)
      returns timestamptz
      language sql immutable parallel safe
      return case settings.delay_basis when 'LAST_MESSAGE' then last_message_at else waiting_since end;

      -- The columns basis_at, saturated and queue_key of a conversation that enters or stays in the queue.
      create function queue_position(
        settings tenants, message_count integer, last_message_at timestamptz, waiting_since timestamptz
      ) returns table (basis_at timestamptz, saturated boolean, queue_key double precision)
      language sql stable
      begin atomic
        select b.basis_at, s.saturated,
          queue_bonus(settings, message_count) - case when s.saturated then 0 else epoch_microseconds(b.basis_at) end
        from (select queue_basis(settings, last_message_at, waiting_since) as basis_at) b
        cross join lateral (
          select epoch_microseconds(now()) - epoch_microseconds(b.basis_at) >= queue_cap(settings) as saturated) s;
      end;

      -- The priority score people see, from the plain formula.
      create function priority_score(settings tenants, message_count integer, basis_at timestamptz, as_of timestamptz)
      returns double precision
      language sql stable parallel safe
      return settings.alpha * least(message_count::double precision / settings.max_message_count, 1)
        + settings.beta * case
            when settings.max_delay_minutes is null
              then greatest(epoch_microseconds(as_of) - epoch_microseconds(basis_at), 0) / (1440 * 60000000::double precision)
            else least(greatest(epoch_microseconds(as_of) - epoch_microseconds(basis_at), 0)
              / (settings.max_delay_minutes * 60000000::double precision), 1)
          end;

      -- The score of a waiting conversation in the queue of some inboxes.
      create function queue_score(
        settings tenants, inboxes uuid[], id uuid, message_count integer, basis_at timestamptz, as_of timestamptz
      ) returns double precision
      language sql stable
      as $$ select priority_score(settings, message_count, basis_at, as_of) $$;

      -- Whoever writes queue keys shares this lock; a change of the weights, which rewrites them all, holds it alone.
      create function share_ranking(p_tenant uuid) returns void
      language sql volatile
      as $$ select pg_advisory_xact_lock_shared(hashtextextended(p_tenant::text, 1)) $$;

      create function change_ranking(p_tenant uuid) returns void
      language sql volatile
      as $$ select pg_advisory_xact_lock(hashtextextended(p_tenant::text, 1)) $$;

      -- A page of the merged queue of some inboxes, best first: highest urgency, then older basis, then id. It starts
      -- after the row (p_after_urgency, p_after_basis, p_after_id) and stays exact when time has passed since p_as_of,
      -- the moment of the reader's first page.
      create function queue_page(
        p_settings tenants, p_inboxes uuid[], p_as_of timestamptz, p_limit integer,
        p_after_urgency double precision, p_after_basis timestamptz, p_after_id uuid
      ) returns table (id uuid, inbox_id uuid, urgency double precision, basis_at timestamptz)
      language sql stable
      as $$
        select q.id, q.inbox_id, q.urgency, q.basis_at
        from (
          select queue_cap(p_settings) as cap, epoch_microseconds(p_as_of) as as_of,
            case when queue_cap(p_settings) = 'Infinity' then '-infinity'::timestamptz
              else p_as_of - queue_cap(p_settings) * interval '1 microsecond' end as capped_before
          offset 0
        ) k
        cross join lateral (
          -- Waiting less than the cap: time lifts all alike, so the stored key keeps their order.
          select w.*
          from unnest(p_inboxes) as i (inbox_id)
          cross join lateral (
            select c.id, c.inbox_id, c.queue_key + k.as_of as urgency, c.basis_at
            from conversations c
            where c.tenant_id = p_settings.id and c.inbox_id = i.inbox_id and c.state = 'QUEUED' and c.saturated = false
              and c.queue_key <= p_after_urgency - k.as_of
              and (c.queue_key < p_after_urgency - k.as_of or (c.basis_at, c.id) > (p_after_basis, p_after_id))
              and c.basis_at > k.capped_before
            order by c.queue_key desc, c.basis_at, c.id
            limit p_limit
          ) w
          union all
          -- Past the cap and marked so: only the count still tells them apart.
          select s.*
          from unnest(p_inboxes) as i (inbox_id)
          cross join lateral (
            select c.id, c.inbox_id, c.queue_key + k.cap, c.basis_at
            from conversations c
            where c.tenant_id = p_settings.id and c.inbox_id = i.inbox_id and c.state = 'QUEUED' and c.saturated = true
              and c.queue_key <= p_after_urgency - k.cap
              and (c.queue_key < p_after_urgency - k.cap or (c.basis_at, c.id) > (p_after_basis, p_after_id))
              and c.basis_at <= k.capped_before
            order by c.queue_key desc, c.basis_at, c.id
            limit p_limit
          ) s
          union all
          -- Past the cap, but no sweep has marked them yet. OFFSET 0 keeps the inboxes out of the index range: by basis
          -- there are few, by inbox it would be the whole queue.
          select u.id, u.inbox_id, u.queue_key + epoch_microseconds(u.basis_at) + k.cap, u.basis_at
          from (
            select c.* from conversations c
            where c.tenant_id = p_settings.id and c.state = 'QUEUED' and c.saturated = false
              and c.basis_at <= k.capped_before
            offset 0
          ) u
          where u.inbox_id = any (p_inboxes)
          union all
          -- Marked after the reader's first page, where they still counted as waiting less.
          select m.id, m.inbox_id, m.queue_key + k.as_of - epoch_microseconds(m.basis_at), m.basis_at
          from (
            select c.* from conversations c
            where c.tenant_id = p_settings.id and c.state = 'QUEUED' and c.saturated = true
              and c.basis_at > k.capped_before
            offset 0
          ) m
          where m.inbox_id = any (p_inboxes)
        ) q
        where q.urgency < p_after_urgency
          or (q.urgency = p_after_urgency and (q.basis_at, q.id) > (p_after_basis, p_after_id))
        order by q.urgency desc, q.basis_at, q.id
        limit p_limit
      $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function queue_page, change_ranking, share_ranking, queue_score, priority_score, queue_position, queue_basis, queue_cap, queue_bonus,
        epoch_microseconds;
    `);
  }
}
