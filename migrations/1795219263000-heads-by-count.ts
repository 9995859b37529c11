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
    `);
    const queuePage = await earlierFunction(new RerankInBatches1795219210000(), 'queue_page');
    await runner.query(withPart(queuePage, SCANNED, FIRST_PAGE_BY_COUNT));
    const handOut = await earlierFunction(new HandOut1795219211500(), 'hand_out');
    await runner.query(withPart(handOut, JOINED, PROBED));
    const allocate = await earlierFunction(new AllocateTogether1795219261000(), 'allocate_conversations');
    await runner.query(ALLOCATE_BY_COUNT.reduce((text, [part, by]) => withPart(text, part, by), allocate));
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

/** How queue_page read while the keys are rewritten. */
const SCANNED = `
          where p_settings.normalization = 'FIXED' and p_settings.reranked_up_to is not null
          union all`;

/** The whole queue only for the pages after the first one, and where no order by count holds. */
const FIRST_PAGE_BY_COUNT = `
          where p_settings.normalization = 'FIXED' and p_settings.reranked_up_to is not null
            and not (has_order_by_count(p_settings) and p_after_urgency = 'Infinity')
          union all
          select h.* from heads_by_count(
            p_settings, p_inboxes, array_fill(p_limit, array[cardinality(p_inboxes)]), p_as_of) h
          where has_order_by_count(p_settings) and p_after_urgency = 'Infinity'
          union all`;

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

/** Members of a batch go together, too, while the keys are rewritten. Parts of allocate_conversations and what they become. */
const ALLOCATE_BY_COUNT: [part: string, by: string][] = [
  [
    `
        is_stored_order boolean;`,
    `
        -- Whether what is given to one leaves the order of the rest as it was, and whether the stored keys tell it.
        is_lasting_order boolean;
        is_stored_order boolean;`,
  ],
  [
    `
        is_stored_order := settings.normalization = 'FIXED' and settings.reranked_up_to is null;`,
    `
        is_stored_order := settings.normalization = 'FIXED' and settings.reranked_up_to is null;
        is_lasting_order := is_stored_order or has_order_by_count(settings);`,
  ],
  ['turn := case when is_stored_order', 'turn := case when is_lasting_order'],
  [
    `
            from queue_heads(settings, inboxes, depths, as_of) h;`,
    `
            from queue_heads(settings, inboxes, depths, as_of) h;
          elsif is_lasting_order then
            select array_agg(h.id order by h.urgency desc, h.basis_at, h.id),
              array_agg(h.inbox_id order by h.urgency desc, h.basis_at, h.id)
            into waiting, places
            from heads_by_count(settings, inboxes, depths, as_of) h;`,
  ],
  ['wanting := case when is_stored_order then turn', 'wanting := case when is_lasting_order then turn'],
  ['wanting := case when is_stored_order then 0', 'wanting := case when is_lasting_order then 0'],
];
