import type { Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';
import { eventResponse, type EventType } from '../ledger/event.js';
import { readFeed, type FeedRow } from '../ledger/read-feed.js';

/** The batch is small because entries without a delivery are safe in the ledger. */
const BATCH = 100;

interface Cursor {
  events: EventType[] | null;
  inbox_id: string | null;
  position: string;
}

/** The lock prevents two instances from reading at the same position. $1 tenant, $2 webhook, $3 owner of the lease */
const LOCK_CURSOR = sql`
  select events, inbox_id, position::text as position
  from webhooks
  where tenant_id = $1 and id = $2 and lease_owner = $3 and enabled
    and not exists (select 1 from tenants t where t.id = $1 and t.is_suspended)
  for no key update`;

/** $1 tenant, $2 webhook; lists: $3 ids, $4 positions, $5 entries, $6 types, $7 bodies */
const ADD_DELIVERIES = sql`
  insert into webhook_deliveries (tenant_id, webhook_id, id, position, event_id, event_type, body)
  select $1, $2, n.id, n.position, n.event_id, n.event_type, n.body
  from unnest($3::uuid[], $4::bigint[], $5::uuid[], $6::text[], $7::text[])
    n (id, position, event_id, event_type, body)
  on conflict (tenant_id, webhook_id, event_id) where event_id is not null do nothing`;

/** $1 tenant, $2 webhook, $3 position */
const MOVE_CURSOR = sql`
  update webhooks set position = $3::bigint
  where tenant_id = $1 and id = $2`;

/**
 * Creates deliveries for the next feed entries that a webhook wants and moves its cursor. Both happen in the caller's
 * transaction, so that a crash cannot separate them. Call `assignPositions` first.
 * @returns whether the cursor moved; false when the feed has no new entries
 */
export async function fanOut(
  tx: Transaction,
  tenantId: string,
  webhookId: string,
  owner: string,
): Promise<boolean> {
  const [cursor] = await rowsOf<Cursor>(tx, LOCK_CURSOR, [tenantId, webhookId, owner]);
  if (cursor === undefined) return false;
  const from = BigInt(cursor.position);
  const filter = { types: cursor.events, inboxId: cursor.inbox_id, visibility: null };
  const { events, position } = await readFeed(tx, tenantId, from, BATCH, filter);
  if (position === from) return false;
  if (events.length > 0) {
    await rowsOf(tx, ADD_DELIVERIES, [
      tenantId,
      webhookId,
      events.map(() => newId()),
      events.map((event) => event.position),
      events.map((event) => event.id),
      events.map((event) => event.type),
      events.map(bodyOf),
    ]);
  }
  await rowsOf(tx, MOVE_CURSOR, [tenantId, webhookId, position.toString()]);
  return true;
}

/** The body in the form of Standard Webhooks. */
function bodyOf(row: FeedRow): string {
  const event = eventResponse(row);
  return JSON.stringify({ type: event.type, timestamp: event.occurredAt, data: event });
}
