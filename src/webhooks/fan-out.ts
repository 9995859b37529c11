import type { Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';
import { eventAnswer, type EventType } from '../ledger/event.js';
import { readFeed, type FeedRow } from '../ledger/read-feed.js';

/** Few at a time: what is not a delivery yet stays in the ledger, which holds it anyway. */
const BATCH = 100;

interface Cursor {
  events: EventType[] | null;
  inbox_id: string | null;
  transaction_id: string;
  event_id: string;
}

/** The lock lets no second one read from the same place. $1 tenant, $2 webhook, $3 owner of the lease */
const LOCK_CURSOR = sql`
  select events, inbox_id, position_transaction_id::text as transaction_id, position_event_id as event_id
  from webhooks
  where tenant_id = $1 and id = $2 and lease_owner = $3 and enabled
  for no key update`;

/**
 * What could be seen when the webhook was made is left out. $1 tenant, $2 webhook; lists: $3 ids, $4 transactions,
 * $5 entries, $6 types, $7 bodies
 */
const ADD_DELIVERIES = sql`
  insert into webhook_deliveries (tenant_id, webhook_id, id, transaction_id, event_id, event_type, body)
  select $1, $2, n.id, n.transaction_id, n.event_id, n.event_type, n.body
  from unnest($3::uuid[], $4::xid8[], $5::uuid[], $6::text[], $7::text[])
    n (id, transaction_id, event_id, event_type, body)
  join webhooks w on w.tenant_id = $1 and w.id = $2
  where not pg_visible_in_snapshot(n.transaction_id, w.created_in)
  on conflict on constraint webhook_deliveries_one_per_event do nothing`;

/** $1 tenant, $2 webhook, $3 transaction, $4 entry */
const MOVE_CURSOR = sql`
  update webhooks set position_transaction_id = $3::xid8, position_event_id = $4
  where tenant_id = $1 and id = $2`;

/**
 * Makes deliveries of the next entries of the feed that a webhook wants, and moves its cursor, in the caller's
 * transaction: a crash leaves both or neither. @returns whether the cursor moved; otherwise there is nothing new
 */
export async function fanOut(
  tx: Transaction,
  tenantId: string,
  webhookId: string,
  owner: string,
): Promise<boolean> {
  const [cursor] = await rowsOf<Cursor>(tx, LOCK_CURSOR, [tenantId, webhookId, owner]);
  if (cursor === undefined) return false;
  const from = { transactionId: cursor.transaction_id, eventId: cursor.event_id };
  const filter = { types: cursor.events, inboxId: cursor.inbox_id, sight: null };
  const { events, position } = await readFeed(tx, tenantId, from, BATCH, filter);
  if (position === from) return false;
  if (events.length > 0) {
    await rowsOf(tx, ADD_DELIVERIES, [
      tenantId,
      webhookId,
      events.map(() => newId()),
      events.map((event) => event.transaction_id),
      events.map((event) => event.id),
      events.map((event) => event.type),
      events.map(bodyOf),
    ]);
  }
  await rowsOf(tx, MOVE_CURSOR, [tenantId, webhookId, position.transactionId, position.eventId]);
  return true;
}

/** As Standard Webhooks lay it out. */
function bodyOf(row: FeedRow): string {
  const event = eventAnswer(row);
  return JSON.stringify({ type: event.type, timestamp: event.occurredAt, data: event });
}
