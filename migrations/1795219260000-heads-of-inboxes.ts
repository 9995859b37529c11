import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What allocate reads, and no more: of each inbox the first few, and what no sweep has marked yet by an index that
 * nothing else can stand in for.
 */
export class HeadsOfInboxes1795219260000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Waiting past the cap but not marked yet (allocate, the sweep), or marked since a reader's first page. Whoever
      -- asks for it by basis_at alone, and not by state = 'QUEUED', can't be led into the index of the whole queue,
      -- which PostgreSQL 18 would otherwise read from end to end.
      drop index conversations_queue_basis;
      create index conversations_queue_basis on conversations (tenant_id, saturated, basis_at) where basis_at is not null;
      comment on index conversations_queue_basis is
        'allocate, saturation sweep: waiting past the cap and not marked so yet. Statements leave out the state';

      -- The first of the queue of each inbox: p_depths rows of it that wait less than the cap and as many past it, and all
      -- that no sweep has marked yet. IS NOT FALSE keeps an index out that could answer for basis_at. A stored order: for FIXED only, while no change of the weights is under way.
      create function queue_heads(p_settings tenants, p_inboxes uuid[], p_depths integer[], p_as_of timestamptz)
      returns table (id uuid, inbox_id uuid, urgency double precision, basis_at timestamptz)
      language sql stable
      as $$
        select q.*
        from (
          select queue_cap(p_settings) as cap, epoch_microseconds(p_as_of) as as_of,
            case when queue_cap(p_settings) = 'Infinity' then '-infinity'::timestamptz
              else p_as_of - queue_cap(p_settings) * interval '1 microsecond' end as capped_before
          offset 0
        ) k
        cross join lateral (
          select w.id, i.inbox_id, w.queue_key + k.as_of as urgency, w.basis_at
          from unnest(p_inboxes, p_depths) as i (inbox_id, depth)
          cross join lateral (
            select c.id, c.queue_key, c.basis_at from conversations c
            where c.tenant_id = p_settings.id and c.inbox_id = i.inbox_id and c.state = 'QUEUED' and c.saturated = false
              and (c.basis_at > k.capped_before) is not false
            order by c.queue_key desc, c.basis_at, c.id
            limit i.depth
          ) w
          union all
          -- Marked as past the cap is past it, also where p_as_of is a moment older than the mark.
          select s.id, i.inbox_id, s.queue_key + k.cap, s.basis_at
          from unnest(p_inboxes, p_depths) as i (inbox_id, depth)
          cross join lateral (
            select c.id, c.queue_key, c.basis_at from conversations c
            where c.tenant_id = p_settings.id and c.inbox_id = i.inbox_id and c.state = 'QUEUED' and c.saturated = true
            order by c.queue_key desc, c.basis_at, c.id
            limit i.depth
          ) s
          union all
          -- OFFSET 0 keeps the inboxes out of the index range: by basis there are few, by inbox it would be the whole queue.
          select u.id, u.inbox_id, u.queue_key + epoch_microseconds(u.basis_at) + k.cap, u.basis_at
          from (
            select c.id, c.inbox_id, c.queue_key, c.basis_at from conversations c
            where c.tenant_id = p_settings.id and c.saturated = false and c.basis_at <= k.capped_before
            offset 0
          ) u
          where u.inbox_id = any (p_inboxes)
        ) q
      $$;

      -- The inboxes an operator may take from.
      create function inboxes_to_take_from(p_tenant uuid, p_auto_subscribe boolean, p_operator uuid) returns setof uuid
      language sql stable
      as $$
        select s.inbox_id from subscriptions s
        where not p_auto_subscribe and s.tenant_id = p_tenant and s.operator_id = p_operator
        union all
        select i.id from inboxes i where p_auto_subscribe and i.tenant_id = p_tenant
      $$;
      create or replace function takeable_inboxes(p_tenant uuid, p_operator uuid) returns uuid[]
      language sql stable
      as $$
        select array(
          select i from tenants t cross join lateral inboxes_to_take_from(p_tenant, t.auto_subscribe, p_operator) i
          where t.id = p_tenant)
      $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create or replace function takeable_inboxes(p_tenant uuid, p_operator uuid) returns uuid[]
      language sql stable
      as $$
        select coalesce(array_agg(i.id), '{}')
        from inboxes i
        where i.tenant_id = p_tenant
          and (exists (select from tenants t where t.id = p_tenant and t.auto_subscribe)
            or exists (select from subscriptions s
              where s.tenant_id = p_tenant and s.inbox_id = i.id and s.operator_id = p_operator))
      $$;
      drop function inboxes_to_take_from, queue_heads;
      drop index conversations_queue_basis;
      create index conversations_queue_basis on conversations (tenant_id, saturated, basis_at) where state = 'QUEUED';
      comment on index conversations_queue_basis is
        'allocate, saturation sweep: waiting past the cap and not marked so yet';
    `);
  }
}
