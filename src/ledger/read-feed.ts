import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import type { EventRow, EventType } from './event.js';

/** A position in a tenant's feed, after the entry with this number. Entries have 1, 2, 3 and so on. */
export type FeedPosition = bigint;

export const BEGINNING: FeedPosition = 0n;

/** Which entries are wanted; null does not restrict. */
export interface FeedFilter {
  readonly types: readonly EventType[] | null;
  readonly inboxId: string | null;
  /** What an OPERATOR may see: these inboxes, conversations they hold or held, and changes of their own status. */
  readonly visibility: { readonly operatorId: string; readonly inboxes: readonly string[] } | null;
}

export const EVERYTHING: FeedFilter = { types: null, inboxId: null, visibility: null };

export interface FeedRow extends EventRow {
  position: string;
}

export interface FeedPage {
  readonly events: FeedRow[];
  /** Where the next page starts: after the last entry that was returned or skipped. */
  readonly position: FeedPosition;
  /** Whether there can be more entries already. */
  readonly hasMore: boolean;
  /** False when entries right after the position are no longer in the feed. */
  readonly isComplete: boolean;
}

/** The most entries that a page reads to collect the wanted ones. After that it returns fewer entries than its limit. */
const LOOKED_AT = 5_000;

/**
 * In the order of the places, which is the primary key of the feed. Entries that have none yet are not seen: call
 * `assignPositions` before. Each entry is found by its key, whatever the planner expects.
 *
 * $1 tenant, $2 position, $3 how many to look at, $4 how many to show, $5 types, $6 inbox, $7 operator, $8 inboxes
 */
const READ_FEED = sql`
  with looked_at as materialized (
    select p.position, e.*
    from (
      select f.position, f.event_id from feed_positions f
      where f.tenant_id = $1 and f.position > $2::bigint
      order by f.position
      limit $3) p
    cross join lateral (
      select e.* from conversation_events e where e.tenant_id = $1 and e.id = p.event_id offset 0) e
  ), wanted as (
    select l.* from looked_at l
    where ($5::text[] is null or l.type = any ($5))
      and ($6::uuid is null or $6 in (l.inbox_id, l.from_inbox_id, l.to_inbox_id))
      and ($7::uuid is null or $7 in (l.from_operator_id, l.to_operator_id)
        or l.inbox_id = any ($8::uuid[]) or l.from_inbox_id = any ($8::uuid[]))
    order by l.position
    limit $4
  ), seen as (
    select count(*)::integer as looked_at, min(l.position)::text as first_position, max(l.position)::text as last_position
    from looked_at l
  )
  select s.looked_at, s.first_position, s.last_position, w.position::text as position, w.id, w.type, w.occurred_at, w.conversation_id,
    w.inbox_id, w.external_conversation_id, w.version, w.actor_type, w.actor_id, w.reason, w.score, w.outcome,
    w.from_state, w.from_operator_id, w.from_inbox_id, w.to_state, w.to_operator_id, w.to_inbox_id
  from seen s left join wanted w on true
  order by w.position`;

type ReadRow = { looked_at: number; first_position: string | null; last_position: string | null } & (
  FeedRow | { [column in keyof FeedRow]: null }
);

/** @param limit the most entries of a page */
export async function readFeed(
  tx: Transaction,
  tenantId: string,
  after: FeedPosition,
  limit: number,
  filter: FeedFilter = EVERYTHING,
): Promise<FeedPage> {
  const { types, inboxId, visibility } = filter;
  const takesAll = types === null && inboxId === null && visibility === null;
  const lookAt = takesAll ? limit + 1 : Math.max(LOOKED_AT, limit + 1);
  const rows = await rowsOf<ReadRow>(tx, READ_FEED, [
    tenantId,
    after.toString(),
    lookAt,
    limit + 1,
    types,
    inboxId,
    visibility?.operatorId ?? null,
    visibility?.inboxes ?? [],
  ]);
  const [first] = rows;
  if (first === undefined || first.first_position === null || first.last_position === null)
    return { events: [], position: after, hasMore: false, isComplete: true };
  // Positions are dense.
  const isComplete = BigInt(first.first_position) === after + 1n;
  const wanted = rows.filter((row): row is ReadRow & FeedRow => row.id !== null);
  const events = wanted.slice(0, limit);
  const last = events.at(-1);
  if (wanted.length > limit && last !== undefined) {
    return { events, position: positionOf(last), hasMore: true, isComplete };
  }
  return {
    events,
    position: BigInt(first.last_position),
    hasMore: first.looked_at === lookAt,
    isComplete,
  };
}

export function positionOf({ position }: Pick<FeedRow, 'position'>): FeedPosition {
  return BigInt(position);
}

/** The current end of the feed, for readers who want only future events. $1 tenant */
const END_OF_FEED = sql`
  select f.position::text as position from feed_positions f
  where f.tenant_id = $1
  order by f.position desc
  limit 1`;

/** Call it after `assignPositions`, so that every committed entry is before it. */
export async function endOfFeed(tx: Transaction, tenantId: string): Promise<FeedPosition> {
  const [row] = await rowsOf<Pick<FeedRow, 'position'>>(tx, END_OF_FEED, [tenantId]);
  return row === undefined ? BEGINNING : positionOf(row);
}

/** $1 tenant, $2 position */
const NEXT_POSITION = sql`
  select f.position::text as position from feed_positions f
  where f.tenant_id = $1 and f.position > $2::bigint
  order by f.position
  limit 1`;

/** Whether all entries after a position are in the feed. */
export async function isKept(tx: Transaction, tenantId: string, after: FeedPosition): Promise<boolean> {
  const [row] = await rowsOf<Pick<FeedRow, 'position'>>(tx, NEXT_POSITION, [tenantId, after.toString()]);
  return row === undefined || positionOf(row) === after + 1n;
}

/** $1 tenant, $2 entry */
const POSITION_OF_EVENT = sql`
  select f.position::text as position from feed_positions f where f.tenant_id = $1 and f.event_id = $2`;

/** The position of an entry; undefined when the tenant has no such entry, or it has no position yet. */
export async function positionOfEvent(
  tx: Transaction,
  tenantId: string,
  eventId: string,
): Promise<FeedPosition | undefined> {
  const [row] = await rowsOf<Pick<FeedRow, 'position'>>(tx, POSITION_OF_EVENT, [tenantId, eventId]);
  return row === undefined ? undefined : positionOf(row);
}
