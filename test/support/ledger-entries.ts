import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import { recordInFeed } from '../../src/ledger/record-in-feed.js';

/**
 * Parts of a statement that writes entries of the ledger behind the service's back, so that the feed comes to them like to
 * its own: `with ${entries('insert …')} select …`.
 * @param insert into conversation_events, without `returning`
 * @param tenant the parameter with the tenant
 */
export function entries(insert: string, tenant = '$1'): string {
  return `entry as (${insert} returning id), ${recordInFeed(tenant, 'entry')}`;
}

/** An entry that its reason tells from others, of an inbox or of none; in the transaction of the client. */
export async function insertEntry(
  client: Client,
  tenantId: string,
  reason: string,
  inboxId: string | null = null,
): Promise<void> {
  const insert = entries(`insert into conversation_events (tenant_id, id, type, actor_type, reason, inbox_id)
    values ($1, $2, 'operator.available', 'SYSTEM', $3, $4)`);
  await client.query(`with ${insert} select 1`, [tenantId, randomUUID(), reason, inboxId]);
}
