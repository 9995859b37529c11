import type { TenantPrincipal } from '../access/principal.js';
import { seesWholeTenant } from '../access/principal.js';
import { decodeCursor, encodeCursor } from '../http/cursor.js';
import type { FeedPosition } from '../ledger/read-feed.js';
import { typesOf, type FeedFilters } from './feed-query.js';

/** What a cursor of the feed is bound to: the tenant, the filters, and the OPERATOR whose sight it had. */
export function feedScope(caller: TenantPrincipal, filters: FeedFilters): readonly unknown[] {
  const sight = caller.kind === 'operator' && !seesWholeTenant(caller) ? caller.operatorId : null;
  return ['events', caller.tenantId, sight, typesOf(filters), filters.inboxId ?? null];
}

export function cursorOf(scope: readonly unknown[], { transactionId, eventId }: FeedPosition): string {
  return encodeCursor(scope, [transactionId, eventId]);
}

/** @throws INVALID_CURSOR */
export function positionIn(scope: readonly unknown[], cursor: string): FeedPosition {
  const [transactionId, eventId] = decodeCursor(scope, cursor, ['transaction', 'id']);
  return { transactionId: String(transactionId), eventId: String(eventId) };
}
