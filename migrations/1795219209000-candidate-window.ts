import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The second normalization: min–max over the most recently active waiting conversations. Whoever reads the queue calls
 * queue_page as before; it now asks the tenant's normalization which order to read.
 */
export class CandidateWindow1795219209000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter function queue_page rename to fixed_queue_page;

      -- The candidates of some inboxes with their scores. One candidate scores alpha + beta; a term in which all are
      -- equal is 0. urgency is the score itself.
      create function candidate_window(p_settings tenants, p_inboxes uuid[], p_as_of timestamptz)
      returns table (
        id uuid, inbox_id uuid, urgency double precision, basis_at timestamptz, from_messages double precision)
      language sql stable
      as $$
        with candidate as materialized (
          select c.id, c.inbox_id, c.message_count::double precision as messages, c.basis_at,
            epoch_microseconds(p_as_of) - epoch_microseconds(c.basis_at) as delay
          from unnest(p_inboxes) as i (inbox_id)
          cross join lateral (
            select r.* from conversations r
            where r.tenant_id = p_settings.id and r.inbox_id = i.inbox_id and r.state = 'QUEUED'
            order by r.last_message_at desc, r.id desc
            limit p_settings.candidate_window
          ) c
          order by c.last_message_at desc, c.id desc
          limit p_settings.candidate_window
        )
        select s.id, s.inbox_id, s.from_messages + s.from_delay, s.basis_at, s.from_messages
        from (
          select c.*,
            p_settings.alpha * case when count(*) over () = 1 then 1 else coalesce(
              (c.messages - min(c.messages) over ()) / nullif(max(c.messages) over () - min(c.messages) over (), 0), 0)
            end as from_messages,
            p_settings.beta * case when count(*) over () = 1 then 1 else coalesce(
              (c.delay - min(c.delay) over ()) / nullif(max(c.delay) over () - min(c.delay) over (), 0), 0)
            end as from_delay
          from candidate c
        ) s
      $$;

      create function queue_page(
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

      -- With CANDIDATE_WINDOW the score depends on the company: the queue it is asked for. null: not a candidate there.
      create or replace function queue_score(
        settings tenants, inboxes uuid[], id uuid, message_count integer, basis_at timestamptz, as_of timestamptz
      ) returns double precision
      language sql stable
      as $$
        select case settings.normalization
          when 'FIXED' then priority_score(settings, message_count, basis_at, as_of)
          else (select w.urgency from candidate_window(settings, inboxes, as_of) w where w.id = queue_score.id)
        end
      $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create or replace function queue_score(
        settings tenants, inboxes uuid[], id uuid, message_count integer, basis_at timestamptz, as_of timestamptz
      ) returns double precision
      language sql stable
      as $$ select priority_score(settings, message_count, basis_at, as_of) $$;
      drop function queue_page, candidate_window;
      alter function fixed_queue_page rename to queue_page;
    `);
  }
}
