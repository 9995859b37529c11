import type { MigrationInterface, QueryRunner } from 'typeorm';
import { asPlatform } from './support/platform-function.js';

/**
 * The planner counts on rows being few until it knows better, and then any index that begins with the tenant looks as
 * good as the right one: allocate sorted the whole queue by way of an index for lists, a row was looked for by its id
 * among all numbers of customers. So an index for lists carries a condition that is always true and that only the
 * statements which are meant to use it say; to all others it does not exist. What is left for an id is the primary key,
 * and for the order of the queue conversations_queue.
 *
 * conversations_lead is gone: conversations_inbox_leads answers for it, with one probe for each inbox in sight.
 */
export class NamedIndexes1795219240000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index conversations_activity, conversations_inbox_activity, conversations_customer, conversations_lead,
        conversations_inbox_leads;
      create index conversations_activity on conversations (tenant_id, state, last_message_at, id)
        where last_message_at > '-infinity';
      create index conversations_inbox_activity on conversations (tenant_id, inbox_id, state, last_message_at, id)
        where last_message_at > '-infinity';
      create index conversations_customer on conversations (tenant_id, customer_phone_number, last_message_at, id)
        where customer_phone_number <> '';
      create index conversations_inbox_leads on conversations (tenant_id, inbox_id, lead_id, last_message_at, id)
        where lead_id is not null;
      ${CANDIDATE_WINDOW("r.last_message_at > '-infinity'")}
      ${SOMETHING_WAITS('offset 0')}
    `);
    for (const [index, query] of Object.entries(NEEDED_BY))
      await runner.query(`comment on index ${index} is '${query}'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const index of Object.keys(NEEDED_BY)) await runner.query(`comment on index ${index} is null`);
    await runner.query(`
      drop index conversations_activity, conversations_inbox_activity, conversations_customer, conversations_inbox_leads;
      create index conversations_activity on conversations (tenant_id, state, last_message_at, id);
      create index conversations_inbox_activity on conversations (tenant_id, inbox_id, state, last_message_at, id);
      create index conversations_customer on conversations (tenant_id, customer_phone_number, last_message_at, id);
      create index conversations_lead on conversations (tenant_id, lead_id, last_message_at, id) where lead_id is not null;
      create index conversations_inbox_leads on conversations (tenant_id, inbox_id, lead_id) where lead_id is not null;
      ${CANDIDATE_WINDOW('true')}
      ${SOMETHING_WAITS('')}
    `);
  }
}

/** Which query needs it: test/plans.spec.ts sees to it that one really uses it. */
const NEEDED_BY = {
  conversations_queue: 'allocate, own queue, sort=priority: the waiting of an inbox, best first',
  conversations_queue_basis: 'allocate, saturation sweep: waiting past the cap and not marked so yet',
  conversations_held: 'load of an operator, what they hold, what is released when they go',
  conversations_activity:
    'GET /conversations of a whole tenant, by activity. Statements say last_message_at > -infinity',
  conversations_inbox_activity:
    'GET /conversations of inboxes, CANDIDATE_WINDOW, a label for a whole inbox. Statements say last_message_at > -infinity',
  conversations_customer: 'search by number, leads by number. Statements say customer_phone_number <> empty',
  conversations_inbox_leads: 'leads in sight of an OPERATOR, conversations of a lead',
  conversations_waiting:
    'statistics and metrics: the longest wait of an inbox. Statements say waiting_since > -infinity',
  conversation_events_time: 'statistics of a window: entries of the minutes in which it begins and ends',
  conversation_labels_by_label: 'GET /conversations?labelId, deleting a label',
  grace_periods_due: 'grace expiry, GET /grace-periods: the first to end',
  grace_periods_of_operator: 'an operator comes back: END_GRACE_PERIODS',
  idempotency_keys_expired: 'clean-up of answers',
  leads_email: 'leads by e-mail address',
  leads_phone: 'leads by number',
  operators_email_unique: 'one operator for an e-mail address, whatever its letters',
  processed_messages_seen: 'clean-up of message ids',
  signed_requests_expired: 'a signed request: clean-up of ids that may come again',
  subscriptions_by_operator: 'the inboxes of an operator',
  webhook_deliveries_due: 'the next deliveries of a webhook',
  webhook_deliveries_kept: 'clean-up of deliveries',
};

const CANDIDATE_WINDOW = (named: string) => `
      create or replace function candidate_window(p_settings tenants, p_inboxes uuid[], p_as_of timestamptz)
      returns table (id uuid, inbox_id uuid, urgency double precision, basis_at timestamptz, from_messages double precision)
      language sql stable
      as $$
        with candidate as materialized (
          select c.id, c.inbox_id, c.message_count::double precision as messages, c.basis_at,
            epoch_microseconds(p_as_of) - epoch_microseconds(c.basis_at) as delay
          from unnest(p_inboxes) as i (inbox_id)
          cross join lateral (
            select r.* from conversations r
            where r.tenant_id = p_settings.id and r.inbox_id = i.inbox_id and r.state = 'QUEUED' and ${named}
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
      $$;`;

/** Whether something waits in an inbox: one probe for each. Without OFFSET 0 it would be a join with the whole queue. */
const SOMETHING_WAITS = (probe: string) => `
${asPlatform(`      create or replace function tenants_with_undistributed_conversations() returns setof uuid
      language sql stable security definer set search_path = public, pg_temp
      as $$
        select distinct i.tenant_id from inboxes i
        where i.distribution <> 'PULL' and exists (
          select from conversations c where c.tenant_id = i.tenant_id and c.inbox_id = i.id and c.state = 'QUEUED' ${probe})
      $$;`)}
      create or replace function hand_out_waiting(p_tenant uuid, p_operator uuid, p_inboxes uuid[], p_events uuid[])
      returns table (conversation_id uuid, inbox_id uuid, operator_id uuid)
      language plpgsql volatile
      as $$
      declare
        pushing uuid[];
      begin
        perform set_config('app.tenant_id', p_tenant::text, true);
        select array_agg(i.id) into pushing
        from inboxes i
        where i.tenant_id = p_tenant and i.distribution <> 'PULL'
          and (p_inboxes is null or i.id = any (p_inboxes) or exists (select from subscriptions s
            where s.tenant_id = p_tenant and s.inbox_id = i.id and s.operator_id = p_operator and s.weight > 0));
        if pushing is null then return; end if;
        perform lock_distribution(pushing);
        select array_agg(u.id) into pushing from unnest(pushing) as u (id)
        where exists (
          select from conversations c where c.tenant_id = p_tenant and c.inbox_id = u.id and c.state = 'QUEUED' ${probe});
        if pushing is null then return; end if;
        return query select h.* from hand_out(p_tenant, pushing, lock_receivers(p_tenant, pushing), p_events, true) h;
      end
      $$;`;
