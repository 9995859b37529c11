import type { MigrationInterface, QueryRunner } from 'typeorm';

/** inbox_platform can read these already, for functions that look across tenants. */
const READ = [
  'api_keys',
  'conversation_events',
  'conversations',
  'deadlines',
  'declines',
  'feed_backlog',
  'feed_positions',
  'folded_up_to',
  'idempotency_keys',
  'inboxes',
  'labels',
  'leads',
  'operator_presence',
  'operators',
  'presence_sweeps',
  'processed_messages',
  'queue_depths',
  'search_backlog',
  'search_texts',
  'tenants',
  'webhook_deliveries',
  'webhooks',
];

const OTHERS = [
  'activity_series',
  'activity_totals',
  'audit_events',
  'conversation_labels',
  'event_tickets',
  'former_phone_keys',
  'lead_keys',
  'missed_acceptances',
  'rate_limits',
  'resolution_times',
  'signed_requests',
  'subscriptions',
];

/**
 * Deleting a tenant deletes its rows of every table, of the ledger and of the audit too. The application has no right to
 * do that; inbox_platform gets it for delete_tenant_rows. The policies of the tables let it delete rows of the tenant of
 * the transaction only.
 */
export class DeletionOfTenants1795600016000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      grant delete on ${READ.join(', ')} to inbox_platform;
      grant select, delete on ${OTHERS.join(', ')} to inbox_platform`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      revoke delete on ${READ.join(', ')} from inbox_platform;
      revoke select, delete on ${OTHERS.join(', ')} from inbox_platform`);
  }
}
