import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';

/**
 * Parts of a statement that writes entries of the ledger behind the service's back, so that the feed comes to them like to
 * its own: `with ${entries('insert …')} select …`.
 * @param insert into conversation_events, without `returning`
 * @param tenant the parameter with the tenant
 */
export function entries(insert: string, tenant = '$1'): string {
  return `entry as (${insert} returning id), in_feed as (
    insert into feed_backlog (tenant_id, id, event_ids)
    select ${tenant}, e.ids[1], e.ids from (select array_agg(n.id) as ids from entry n) e
    where e.ids is not null
  )`;
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
