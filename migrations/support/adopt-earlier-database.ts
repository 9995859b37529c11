import type { QueryRunner } from 'typeorm';
import { PRIORITY_SETTINGS } from '../1795600001000-tenants-inboxes-operators.js';
import { ALLOCATED_CONVERSATION, ONE_PER_THREAD } from '../1795600002000-conversations-leads-labels.js';
import { FEED, ONE_PER_VERSION } from '../1795600003000-ledger-and-feed.js';
import { ONE_PER_EVENT } from '../1795600006000-webhooks.js';
import { isolateByTenant } from './tenant-isolation.js';

/**
 * Before it was released, the service had 32 migrations, and functions inside of them. A database that all of them made is
 * turned into what the present migrations make, without losing a row or a cursor: test/adoption.spec.ts compares the two.
 */
export const EARLIER_MIGRATIONS = `
  Roles1795219200000 TenantsInboxesOperators1795219201000 ConversationsLeadsLabels1795219202000
  Ledger1795219203000 Queue1795219204000 Allocate1795219205000 Ingest1795219206000 AcrossTenants1795219207000
  GracePeriods1795219208000 CandidateWindow1795219209000 RerankInBatches1795219210000
  DistributionStrategies1795219211000 HandOut1795219211500 Activity1795219212000 FoldActivity1795219212001
  LeadSearch1795219213000 LeadFieldsByTime1795219214000 ApiKeys1795219215000 RateLimits1795219216000
  IdempotencyKeys1795219217000 Webhooks1795219220000 Backlog1795219230000 NamedIndexes1795219240000
  QueueHeads1795219241000 VacuumByCount1795219242000 IngestAtAnyDepth1795219250000 HeadsOfInboxes1795219260000
  AllocateTogether1795219261000 LookByIndex1795219261500 IdentifyTogether1795219262000
  LockByExternalId1795219262500 HeadsByCount1795219263000`
  .trim()
  .split(/\s+/);

const EARLIER_FUNCTIONS = `
  activity_between activity_series_of admit_signed_request allocate_conversations backlog candidate_window
  change_ranking claim_idempotency_key current_queue_depths distribution_order distribution_reason
  eligibility_obstacles epoch_microseconds fixed_queue_page fold_activity folded_in_minute_of forget_expired
  hand_out hand_out_waiting has_order_by_count heads_by_count identify_api_key identify_callers
  inboxes_to_take_from keep_answer lock_distribution lock_operator_obstacles lock_operator_to_take
  lock_receivers microseconds_held operator_load operator_obstacles platform_tenants priority_score queue_basis
  queue_bonus queue_cap queue_changes_of queue_heads queue_page queue_position queue_score queue_urgency
  record_api_key_use scanned_queue_page share_ranking take_in_messages take_requests takeable_inboxes
  tenants_to_clean tenants_to_fold tenants_to_rerank tenants_to_saturate tenants_with_due_grace_periods
  tenants_with_forgotten_conversations tenants_with_undistributed_conversations tenants_with_webhook_work
  unfolded_events waiting_by_inbox`
  .trim()
  .split(/\s+/);

/** Tables whose rows change here. Their owner may not see them all while row-level security is forced. */
const CHANGED = ['conversation_events', 'folded_up_to', 'webhooks', 'webhook_deliveries'];

/** Tables that inbox_platform had no policy for. */
const WITHOUT_PLATFORM_POLICY = [
  'activity_series',
  'activity_totals',
  'api_keys',
  'conversation_labels',
  'labels',
  'leads',
  'rate_limits',
  'resolution_times',
  'signed_requests',
  'subscriptions',
];

/** In the caller's transaction. Nobody else works meanwhile: the tables are locked. */
export async function adoptEarlierDatabase(runner: QueryRunner): Promise<void> {
  await runner.query(`lock table tenants, conversations, ${CHANGED.join(', ')} in access exclusive mode`);
  // It returns the row type of the view, which calls some of the others.
  await runner.query('drop function allocate_conversations');
  await runner.query('drop view conversation_details');
  const others = EARLIER_FUNCTIONS.filter((name) => name !== 'allocate_conversations');
  await runner.query(`drop function ${others.join(', ')}`);
  for (const type of [PRIORITY_SETTINGS, ALLOCATED_CONVERSATION]) await runner.query(type);
  for (const table of CHANGED) await runner.query(`alter table ${table} no force row level security`);
  await runner.query(FEED);
  await runner.query(POSITIONS);
  await runner.query(`
    alter table conversations drop constraint conversations_external_id_unique;
    alter table conversation_events drop constraint conversation_events_one_per_version;
    alter table webhook_deliveries drop constraint webhook_deliveries_one_per_event;
    ${ONE_PER_THREAD}
    ${ONE_PER_VERSION}
    ${ONE_PER_EVENT}`);
  for (const table of CHANGED) await runner.query(`alter table ${table} force row level security`);
  await runner.query(
    isolateByTenant('feed_positions', { application: 'select, insert', platformReads: true }),
  );
  await runner.query(
    isolateByTenant('feed_backlog', { application: 'select, insert, delete', platformReads: true }),
  );
  for (const table of WITHOUT_PLATFORM_POLICY) {
    await runner.query(
      `create policy ${table}_for_platform on ${table} for select to inbox_platform using (true)`,
    );
  }
  await runner.query(RIGHTS);
}

/**
 * The feed was ordered by transaction, and within one by entry. The entries get their positions in that order, so a
 * reader that had read up to an entry continues after it.
 */
const POSITIONS = `
  insert into feed_positions (tenant_id, position, event_id)
  select e.tenant_id, row_number() over (partition by e.tenant_id order by e.transaction_id, e.id), e.id
  from conversation_events e;

  alter table folded_up_to add column position bigint not null default 0;
  update folded_up_to f set position = coalesce((
    select max(p.position)
    from conversation_events e
    join feed_positions p on p.tenant_id = e.tenant_id and p.event_id = e.id
    where e.tenant_id = f.tenant_id and (e.transaction_id, e.id) <= (f.transaction_id, f.event_id)), 0);
  alter table folded_up_to drop column transaction_id, drop column event_id;

  -- What a webhook was not made for, since it was there before, is behind its place now.
  alter table webhooks add column position bigint not null default 0;
  update webhooks w set position = coalesce((
    select max(p.position)
    from conversation_events e
    join feed_positions p on p.tenant_id = e.tenant_id and p.event_id = e.id
    where e.tenant_id = w.tenant_id and (
      (e.transaction_id, e.id) <= (w.position_transaction_id, w.position_event_id)
      or p.position < coalesce((
        select min(n.position)
        from conversation_events f
        join feed_positions n on n.tenant_id = f.tenant_id and n.event_id = f.id
        where f.tenant_id = w.tenant_id and not pg_visible_in_snapshot(f.transaction_id, w.created_in)),
        9223372036854775807))), 0);
  alter table webhooks drop column created_in, drop column position_transaction_id, drop column position_event_id;

  alter table webhook_deliveries add column position bigint;
  update webhook_deliveries d set position = coalesce((
    select p.position from feed_positions p where p.tenant_id = d.tenant_id and p.event_id = d.event_id), 0);
  alter table webhook_deliveries alter column position set not null, drop column transaction_id;
  create index webhook_deliveries_due on webhook_deliveries (tenant_id, webhook_id, next_attempt_at, position)
    where status = 'PENDING';
  comment on index webhook_deliveries_due is 'the next deliveries of a webhook';

  alter table conversation_events drop constraint conversation_events_pk, drop column transaction_id,
    add constraint conversation_events_pk primary key (tenant_id, id)`;

/** Of whole tables instead of single columns. */
const RIGHTS = `
  revoke select on conversation_events, webhooks, webhook_deliveries from inbox_platform;
  revoke update on api_keys, processed_messages from inbox_app;
  grant select on conversation_events, webhooks, webhook_deliveries to inbox_platform;
  grant update on api_keys, processed_messages to inbox_app`;
