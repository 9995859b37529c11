import type { Transaction } from '../database/database.js';
import { LOWEST_ID } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';
import type { EventRow, EventType } from './event.js';

/** A place in the ledger: behind this entry of this transaction. */
export interface FeedPosition {
  readonly transactionId: string;
  readonly eventId: string;
}

export const BEGINNING: FeedPosition = { transactionId: '0', eventId: LOWEST_ID };

/** Which entries are wanted; null does not restrict. */
export interface FeedFilter {
  readonly types: readonly EventType[] | null;
  readonly inboxId: string | null;
  /** What an OPERATOR may see: of these inboxes, of what they held or hold, and their own coming and going. */
  readonly sight: { readonly operatorId: string; readonly inboxes: readonly string[] } | null;
}

export const EVERYTHING: FeedFilter = { types: null, inboxId: null, sight: null };

export interface FeedRow extends EventRow {
  transaction_id: string;
}

export interface FeedPage {
  readonly events: FeedRow[];
  /** Where to go on: behind the last entry that was shown or looked at. */
  readonly position: FeedPosition;
  /** Whether there may be more already. */
  readonly hasMore: boolean;
}

/** So many entries a page looks at for the few that are wanted: it then comes short, and says where to go on. */
const LOOKED_AT = 5_000;

/**
 * In the order (transaction, entry), which is the primary key. Sequence order is not commit order: an entry that a
 * running transaction commits later would lie behind a reader who had passed it. So nobody reads beyond the oldest
 * transaction that still runs; all before it are decided.
 *
 * $1 tenant, $2 and $3 position, $4 how many to look at, $5 how many to show, $6 types, $7 inbox, $8 operator, $9 inboxes
 */
const READ_FEED = sql`
  with looked_at as materialized (
    select e.* from conversation_events e
    where e.tenant_id = $1 and (e.transaction_id, e.id) > ($2::xid8, $3::uuid)
      and e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
    order by e.transaction_id, e.id
    limit $4
  ), wanted as (
    select l.* from looked_at l
    where ($6::text[] is null or l.type = any ($6))
      and ($7::uuid is null or $7 in (l.inbox_id, l.from_inbox_id, l.to_inbox_id))
      and ($8::uuid is null or $8 in (l.from_operator_id, l.to_operator_id)
        or l.inbox_id = any ($9::uuid[]) or l.from_inbox_id = any ($9::uuid[]))
    order by l.transaction_id, l.id
    limit $5
  ), last as (
    select l.transaction_id, l.id from looked_at l order by l.transaction_id desc, l.id desc limit 1
  )
  select (select count(*)::integer from looked_at) as looked_at, b.transaction_id::text as last_transaction_id, b.id as last_id,
    w.transaction_id::text as transaction_id, w.id, w.type, w.occurred_at, w.conversation_id, w.inbox_id,
    w.external_conversation_id, w.version, w.actor_type, w.actor_id, w.reason, w.score,
    w.from_state, w.from_operator_id, w.from_inbox_id, w.to_state, w.to_operator_id, w.to_inbox_id
  from last b left join wanted w on true
  order by w.transaction_id, w.id`;

type ReadRow = { looked_at: number; last_transaction_id: string; last_id: string } & (
  FeedRow | { [column in keyof FeedRow]: null }
);

/** @param limit how many entries to show at most */
export async function readFeed(
  tx: Transaction,
  tenantId: string,
  after: FeedPosition,
  limit: number,
  filter: FeedFilter = EVERYTHING,
): Promise<FeedPage> {
  const { types, inboxId, sight } = filter;
  const takesAll = types === null && inboxId === null && sight === null;
  const lookAt = takesAll ? limit + 1 : Math.max(LOOKED_AT, limit + 1);
  const rows = await rowsOf<ReadRow>(tx, READ_FEED, [
    tenantId,
    after.transactionId,
    after.eventId,
    lookAt,
    limit + 1,
    types,
    inboxId,
    sight?.operatorId ?? null,
    sight?.inboxes ?? [],
  ]);
  const [first] = rows;
  if (first === undefined) return { events: [], position: after, hasMore: false };
  const wanted = rows.filter((row): row is ReadRow & FeedRow => row.id !== null);
  const events = wanted.slice(0, limit);
  const last = events.at(-1);
  if (wanted.length > limit && last !== undefined) {
    return { events, position: positionOf(last), hasMore: true };
  }
  const position = { transactionId: first.last_transaction_id, eventId: first.last_id };
  return { events, position, hasMore: first.looked_at === lookAt };
}

export function positionOf(row: Pick<FeedRow, 'transaction_id' | 'id'>): FeedPosition {
  return { transactionId: row.transaction_id, eventId: row.id };
}

/** Whether one place lies behind another, as the statement orders them. */
export function isBehind(one: FeedPosition, other: FeedPosition): boolean {
  const [a, b] = [BigInt(one.transactionId), BigInt(other.transactionId)];
  return a === b ? one.eventId > other.eventId : a > b;
}

/** Where the feed ends at this moment, for those who want only what comes. $1 tenant */
const END_OF_FEED = sql`
  select e.transaction_id::text as transaction_id, e.id from conversation_events e
  where e.tenant_id = $1 and e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
  order by e.transaction_id desc, e.id desc
  limit 1`;

export async function endOfFeed(tx: Transaction, tenantId: string): Promise<FeedPosition> {
  const [row] = await rowsOf<Pick<FeedRow, 'transaction_id' | 'id'>>(tx, END_OF_FEED, [tenantId]);
  return row === undefined ? BEGINNING : positionOf(row);
}
