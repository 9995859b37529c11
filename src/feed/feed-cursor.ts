import type { TenantPrincipal } from '../access/principal.js';
import { seesWholeTenant } from '../access/principal.js';
import type { Database } from '../database/database.js';
import { LOWEST_ID } from '../database/id.js';
import { decodeCursor, encodeCursor, invalidCursor } from '../http/cursor.js';
import { Problem } from '../http/problem.js';
import { BEGINNING, positionOfEvent, type FeedPosition } from '../ledger/read-feed.js';
import { typesOf, type FeedFilters } from './feed-query.js';

/** The scope of a feed cursor: the tenant, the filters, and the OPERATOR whose visibility applied. */
export function feedScope(caller: TenantPrincipal, filters: FeedFilters): readonly unknown[] {
  const visibility = caller.kind === 'operator' && !seesWholeTenant(caller) ? caller.operatorId : null;
  return ['events', caller.tenantId, visibility, typesOf(filters), filters.inboxId ?? null];
}

export function cursorOf(scope: readonly unknown[], position: FeedPosition): string {
  return encodeCursor(scope, [position.toString()]);
}

/** For a cursor that is as it was given, but older than FEED_RETENTION_DAYS. */
export function expiredCursor(): Problem {
  return new Problem(
    'INVALID_CURSOR',
    'Entries after this cursor are no longer in the feed. Read what you follow, and start again with after=latest.',
  );
}

/**
 * The position of a cursor. Before the first release, cursors held a transaction and an entry; for those the entry
 * determines the position.
 * @throws INVALID_CURSOR
 */
export async function positionIn(
  database: Database,
  tenantId: string,
  scope: readonly unknown[],
  cursor: string,
): Promise<FeedPosition> {
  const [first, eventId] = decodeCursor(scope, cursor, ['position'], ['position', 'id']) as string[];
  if (first !== undefined && eventId === undefined) return BigInt(first);
  if (eventId === undefined || eventId === LOWEST_ID) return BEGINNING;
  const position = await database.inTenant(tenantId, (tx) => positionOfEvent(tx, tenantId, eventId));
  if (position === undefined) throw invalidCursor();
  return position;
}
