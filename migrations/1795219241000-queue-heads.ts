import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The head of a queue comes in order out of conversations_queue, a few rows for each inbox. With a condition on basis_at
 * that an index could answer, the planner read the whole range of conversations_queue_basis for each inbox and sorted it:
 * it does not know the limit, and takes a tenth of the queue for granted. And what is asked for by basis_at no longer says
 * state = 'QUEUED': that would also allow conversations_queue, which PostgreSQL 18 reads from end to end, inbox by inbox.
 */
export class QueueHeads1795219241000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(FIXED_QUEUE_PAGE('', (condition) => `(${condition}) is not false`));
    // Of two indexes that look alike to the planner the one made last is taken: let that be the key, not
    // webhook_deliveries_one_per_event, in which an id is found by reading all deliveries of the webhook.
    await runner.query(REMAKE_KEY);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(FIXED_QUEUE_PAGE("and c.state = 'QUEUED'", (condition) => condition));
  }
}

const REMAKE_KEY = `
  alter table webhook_deliveries
    drop constraint webhook_deliveries_pk,
    add constraint webhook_deliveries_pk primary key (tenant_id, webhook_id, id)`;

/** The first p_limit of some inboxes behind a place in line, as before. */
const FIXED_QUEUE_PAGE = (queued: string, unindexed: (condition: string) => string) => `
      create or replace function fixed_queue_page(
        p_settings tenants, p_inboxes uuid[], p_as_of timestamptz, p_limit integer,
        p_after_urgency double precision, p_after_basis timestamptz, p_after_id uuid)
      returns table (id uuid, inbox_id uuid, urgency double precision, basis_at timestamptz)
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
              and ${unindexed('c.basis_at > k.capped_before')}
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
              and ${unindexed('c.basis_at <= k.capped_before')}
            order by c.queue_key desc, c.basis_at, c.id
            limit p_limit
          ) s
          union all
          -- Past the cap, but no sweep has marked them yet. OFFSET 0 keeps the inboxes out of the index range: by basis
          -- there are few, by inbox it would be the whole queue.
          select u.id, u.inbox_id, u.queue_key + epoch_microseconds(u.basis_at) + k.cap, u.basis_at
          from (
            select c.* from conversations c
            where c.tenant_id = p_settings.id ${queued} and c.saturated = false
              and c.basis_at <= k.capped_before
            offset 0
          ) u
          where u.inbox_id = any (p_inboxes)
          union all
          -- Marked after the reader's first page, where they still counted as waiting less.
          select m.id, m.inbox_id, m.queue_key + k.as_of - epoch_microseconds(m.basis_at), m.basis_at
          from (
            select c.* from conversations c
            where c.tenant_id = p_settings.id ${queued} and c.saturated = true
              and c.basis_at > k.capped_before
            offset 0
          ) m
          where m.inbox_id = any (p_inboxes)
        ) q
        where q.urgency < p_after_urgency
          or (q.urgency = p_after_urgency and (q.basis_at, q.id) > (p_after_basis, p_after_id))
        order by q.urgency desc, q.basis_at, q.id
        limit p_limit
      $$;`;
