import { randomBytes, randomUUID } from 'node:crypto';
import { GraceRepair } from '../../../src/deadlines/grace-repair.js';
import { SaturationSweep } from '../../../src/queue/saturation-sweep.js';
import { QueueReranker } from '../../../src/queue/reranker.js';
import { DistributionSweep } from '../../../src/distribution/distribution-sweep.js';
import { ActivityFold } from '../../../src/stats/activity-fold.js';
import { ForgetExpired } from '../../../src/idempotency/forget-expired.js';
import { LeadMerges } from '../../../src/leads/lead-merges.js';
import { Retention } from '../../../src/leads/retention.js';
import { LabelChanges } from '../../../src/labels/label-changes.js';
import { SearchIndex } from '../../../src/search/search-index.js';
import { IdleLeavers } from '../../../src/operators/idle-leavers.js';
import { PresenceSweep } from '../../../src/operators/presence-sweep.js';
import { OperatorRelease } from '../../../src/operators/operator-release.js';
import { SecretRewrite } from '../../../src/secrets/secret-rewrite.js';
import { TenantDeletion } from '../../../src/tenants/tenant-deletion.js';
import { WebhookDeletion } from '../../../src/webhooks/webhook-deletion.js';
import { define } from '../labelling.js';
import { messageTo, report } from '../messages.js';
import { BULK_CASE } from './bulk-case.js';
import { absent, DEADLINE_CASES } from './deadline-cases.js';
import { sql, type JobCase } from './job-case.js';
import { FEED_CASES } from './feed-cases.js';
import { OUTLOOK_CASES } from './outlook-cases.js';
import { WAIT_CASES } from './wait-cases.js';

export const JOB_CASES: JobCase[] = [
  ...DEADLINE_CASES,
  ...WAIT_CASES,
  ...OUTLOOK_CASES,
  {
    name: 'grace-repair',
    declaration: GraceRepair,
    table: 'deadlines',
    event: 'insert',
    column: 'tenant_id',
    due: async (world) => {
      await absent(world);
      await sql(world, 'delete from deadlines where tenant_id = $1');
    },
    left: `select 1 from conversations c join operators o on o.tenant_id = $1 and o.id = c.assigned_operator_id
      where c.tenant_id = $1 and o.availability = 'OFFLINE' and not exists (
        select 1 from deadlines g where g.tenant_id = $1 and g.conversation_id = c.id)`,
  },
  BULK_CASE,
  {
    name: 'saturation-sweep',
    declaration: SaturationSweep,
    table: 'conversations',
    event: 'update',
    column: 'tenant_id',
    due: async (world) => {
      await world.queued(await world.inbox());
      await sql(
        world,
        `update conversations set basis_at = now() - interval '2 days', last_message_at = now() - interval '2 days'
        where tenant_id = $1 and state = 'QUEUED'`,
      );
    },
    left: `select 1 from conversations where tenant_id = $1 and not saturated and basis_at < now() - interval '1 day'`,
  },
  {
    name: 'rerank',
    declaration: QueueReranker,
    table: 'tenants',
    event: 'update',
    column: 'id',
    due: async (world) => {
      await world.queued(await world.inbox());
      await sql(
        world,
        `update tenants set reranked_up_to = '00000000-0000-0000-0000-000000000000' where id = $1`,
      );
    },
    left: 'select 1 from tenants where id = $1 and reranked_up_to is not null',
  },
  {
    name: 'distribution-sweep',
    declaration: DistributionSweep,
    table: 'conversations',
    event: 'update',
    column: 'tenant_id',
    due: async (world) => {
      const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
      await world.operator({ inboxes: [inbox], status: 'OFFLINE' });
      await world.queued(inbox);
      await sql(
        world,
        `update operators set availability = 'AVAILABLE' where tenant_id = $1 and role = 'OPERATOR'
          and id in (select operator_id from subscriptions s join inboxes i on i.tenant_id = $1 and i.id = s.inbox_id
            where s.tenant_id = $1 and i.distribution <> 'PULL')`,
      );
    },
    left: `select 1 from conversations c join inboxes i on i.tenant_id = $1 and i.id = c.inbox_id
      where c.tenant_id = $1 and c.state = 'QUEUED' and i.distribution <> 'PULL'`,
  },
  {
    name: 'activity-fold',
    declaration: ActivityFold,
    table: 'activity_series',
    event: 'insert',
    column: 'tenant_id',
    due: async (world) => {
      await world.queued(await world.inbox());
    },
    left: `select 1 from tenants t where t.id = $1 and (exists (select 1 from feed_backlog where tenant_id = $1)
      or (select max(position) from feed_positions where tenant_id = $1)
        > coalesce((select position from folded_up_to where tenant_id = $1), 0))`,
  },
  {
    name: 'clean-up',
    declaration: ForgetExpired,
    table: 'idempotency_keys',
    event: 'delete',
    column: 'tenant_id',
    due: async (world) => {
      await world.app.database.rows(
        `insert into idempotency_keys (tenant_id, principal, route, key_hash, fingerprint, answer, expires_at)
        values ($1, 'somebody', 'POST /x', $2, $2, '', now())`,
        [world.tenantId, randomBytes(32)],
      );
      const inbox = await world.inbox();
      const holder = await world.operator({ inboxes: [inbox] });
      const { id } = await world.allocated(inbox, holder);
      await world.app.database.rows(
        `insert into declines (tenant_id, conversation_id, operator_id, declined_until) values ($1, $2, $3, now())`,
        [world.tenantId, id, holder.id],
      );
    },
    left: `select 1 from idempotency_keys where tenant_id = $1 and expires_at <= now()
      union all select 1 from declines where tenant_id = $1 and declined_until <= now()`,
  },
  {
    name: 'label-changes',
    declaration: LabelChanges,
    table: 'labels',
    event: 'delete',
    column: 'tenant_id',
    due: async (world) => {
      await define(world, await world.inbox());
      await sql(world, 'update labels set deleted_at = now() where tenant_id = $1');
    },
    left: 'select 1 from labels where tenant_id = $1 and deleted_at is not null',
  },
  {
    name: 'lead-merges',
    declaration: LeadMerges,
    table: 'leads',
    event: 'update',
    column: 'tenant_id',
    due: async (world) => {
      const inbox = await world.inbox();
      const lead = async (externalId: string) =>
        (await report(world, messageTo(inbox, { lead: { externalId } }))).conversation.leadId!;
      const [left, other] = [await lead(`left-${randomUUID()}`), await lead('other')];
      await world.app.database.rows('delete from lead_keys where tenant_id = $1 and lead_id = $2', [
        world.tenantId,
        left,
      ]);
      await world.app.database.rows(
        'update leads set merged_into_id = $3, is_merging = true where tenant_id = $1 and id = $2',
        [world.tenantId, left, other],
      );
    },
    left: 'select 1 from leads where tenant_id = $1 and is_merging',
  },
  {
    name: 'retention',
    declaration: Retention,
    table: 'conversations',
    event: 'update',
    column: 'tenant_id',
    due: async (world) => {
      await world.change({ retentionDays: 1 });
      const { id } = await world.resolved(await world.inbox());
      for (const [table, column, key] of [
        ['conversation_events', 'occurred_at', 'conversation_id'],
        ['conversations', 'resolved_at', 'id'],
      ])
        await world.app.database.rows(
          `update ${table} set ${column} = now() - interval '2 days' where tenant_id = $1 and ${key} = $2`,
          [world.tenantId, id],
        );
    },
    left: `select 1 from conversations
      where tenant_id = $1 and resolved_at < now() - interval '1 day' and customer_phone_number is not null`,
  },
  {
    name: 'search-index',
    declaration: SearchIndex,
    table: 'search_texts',
    event: 'insert',
    column: 'tenant_id',
    due: async (world) => {
      await world.queued(await world.inbox());
    },
    left: 'select 1 from search_backlog where tenant_id = $1',
  },
  {
    name: 'operator-release',
    declaration: OperatorRelease,
    table: 'conversations',
    event: 'update',
    column: 'tenant_id',
    due: async (world) => {
      await absent(world);
      await sql(
        world,
        `update operators set is_active = false where tenant_id = $1 and id in (
          select assigned_operator_id from conversations where tenant_id = $1 and state = 'ALLOCATED')
        and availability = 'OFFLINE'`,
      );
    },
    left: `select 1 from conversations c join operators o on o.tenant_id = $1 and o.id = c.assigned_operator_id
      where c.tenant_id = $1 and not o.is_active`,
  },
  {
    name: 'presence-sweep',
    declaration: PresenceSweep,
    table: 'operators',
    event: 'update',
    column: 'tenant_id',
    due: async (world) => {
      await world.change({ presenceTimeoutSeconds: 30 });
      const { id } = await world.operator();
      await world.app.database.rows(
        `with ended as (update operator_presence set present_until = now() where operator_id = $1)
        insert into presence_sweeps (tenant_id, swept_at) select tenant_id, now() from operators where id = $1
        on conflict (tenant_id) do update set swept_at = now()`,
        [id],
      );
    },
    left: `select 1 from operators o where o.tenant_id = $1 and o.availability <> 'OFFLINE' and exists (
      select 1 from operator_presence p
      where p.tenant_id = $1 and p.operator_id = o.id and p.present_until <= now())`,
  },
  {
    name: 'idle-leavers',
    declaration: IdleLeavers,
    table: 'operators',
    event: 'update',
    column: 'tenant_id',
    due: async (world) => {
      const { id } = await world.operator({ status: 'PAUSED' });
      await world.app.database.rows(`update operators set next_status = 'OFFLINE' where id = $1`, [id]);
    },
    left: 'select 1 from operators where tenant_id = $1 and next_status is not null',
  },
  {
    name: 'webhook-deletion',
    declaration: WebhookDeletion,
    table: 'webhooks',
    event: 'delete',
    column: 'tenant_id',
    due: async (world) => {
      await sql(
        world,
        `insert into webhooks (tenant_id, id, url, secret, created_by, position, enabled, deleted_at)
        select $1, gen_random_uuid(), 'https://hooks.example.com/', 'whsec_x', o.id, 0, false, now()
        from operators o where o.tenant_id = $1 and o.role = 'ADMIN' limit 1`,
      );
    },
    left: 'select 1 from webhooks where tenant_id = $1 and deleted_at is not null',
  },
  {
    name: 'secret-rewrite',
    declaration: SecretRewrite,
    table: 'webhooks',
    event: 'update',
    column: 'tenant_id',
    due: async (world) => {
      await sql(
        world,
        `insert into webhooks (tenant_id, id, url, secret, created_by, position, enabled)
        select $1, gen_random_uuid(), 'https://hooks.example.com/', 'whsec_x', o.id, 0, false
        from operators o where o.tenant_id = $1 and o.role = 'ADMIN' limit 1`,
      );
    },
    left: `select 1 from webhooks where tenant_id = $1 and deleted_at is null and secret like 'whsec%'`,
  },
  {
    name: 'tenant-deletion',
    declaration: TenantDeletion,
    table: 'tenants',
    event: 'delete',
    column: 'id',
    due: async (world) => {
      await sql(world, 'update tenants set is_suspended = true, deleted_at = now() where id = $1');
    },
    left: 'select 1 from tenants where id = $1',
  },
  ...FEED_CASES,
];
