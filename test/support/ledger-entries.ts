import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';

/**
 * Parts of a statement that inserts ledger entries without the service, so that the feed has them:
 * `with ${entries('insert …')} select …`.
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

/** Inserts an entry with a unique reason, of an inbox or none, in the client's transaction. */
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
