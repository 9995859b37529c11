import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * New weights take effect at once, also for a queue that is too long to rewrite in one transaction. While its stored
 * keys are being rewritten in batches, readers compute the order from the settings instead: slower, and exact.
 */
export class RerankInBatches1795219210000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Up to which conversation the keys follow the settings; null: all do.
      alter table tenants add column reranked_up_to uuid;

      -- As fixed_queue_page, without the stored keys: reads the whole queue of the inboxes.
      create function scanned_queue_page(
        p_settings tenants, p_inboxes uuid[], p_as_of timestamptz, p_limit integer,
        p_after_urgency double precision, p_after_basis timestamptz, p_after_id uuid
      ) returns table (id uuid, inbox_id uuid, urgency double precision, basis_at timestamptz)
      language sql stable
      as $$
        select s.id, s.inbox_id, s.urgency, s.basis_at
        from (
          select c.id, c.inbox_id, b.basis_at, queue_urgency(p_settings, c.message_count, b.basis_at, p_as_of) as urgency
          from conversations c
          cross join lateral (select queue_basis(p_settings, c.last_message_at, c.waiting_since) as basis_at) b
          where c.tenant_id = p_settings.id and c.state = 'QUEUED' and c.inbox_id = any (p_inboxes)
        ) s
        where s.urgency < p_after_urgency
          or (s.urgency = p_after_urgency and (s.basis_at, s.id) > (p_after_basis, p_after_id))
        order by s.urgency desc, s.basis_at, s.id
        limit p_limit
      $$;

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
          select s.* from scanned_queue_page(
            p_settings, p_inboxes, p_as_of, p_limit, p_after_urgency, p_after_basis, p_after_id) s
          where p_settings.normalization = 'FIXED' and p_settings.reranked_up_to is not null
          union all
          select w.id, w.inbox_id, w.urgency, w.basis_at from candidate_window(p_settings, p_inboxes, p_as_of) w
          where p_settings.normalization = 'CANDIDATE_WINDOW'
            and (w.urgency < p_after_urgency
              or (w.urgency = p_after_urgency and (w.basis_at, w.id) > (p_after_basis, p_after_id)))
        ) q
        order by q.urgency desc, q.basis_at, q.id
        limit p_limit
      $$;

      -- The tenants whose change of weights an instance that died left unfinished.
      create function tenants_to_rerank() returns setof uuid
      language sql stable security definer set search_path = public, pg_temp
      as $$ select t.id from tenants t where t.reranked_up_to is not null $$;
      grant create on schema public to inbox_platform;
      alter function tenants_to_rerank owner to inbox_platform;
      revoke create on schema public from inbox_platform;
      set local role inbox_platform;
      revoke execute on function tenants_to_rerank from public;
      grant execute on function tenants_to_rerank to inbox_app;
      reset role;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
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
          where p_settings.normalization = 'FIXED'
          union all
          select w.id, w.inbox_id, w.urgency, w.basis_at from candidate_window(p_settings, p_inboxes, p_as_of) w
          where p_settings.normalization = 'CANDIDATE_WINDOW'
            and (w.urgency < p_after_urgency
              or (w.urgency = p_after_urgency and (w.basis_at, w.id) > (p_after_basis, p_after_id)))
        ) q
        order by q.urgency desc, q.basis_at, q.id
        limit p_limit
      $$;
      drop function tenants_to_rerank, scanned_queue_page;
      alter table tenants drop column reranked_up_to;
    `);
  }
}
