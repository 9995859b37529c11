import type { Visibility } from '../conversations/visibility.js';
import type { Transaction } from '../database/database.js';
import { readFeed, type FeedFilter, type FeedPage, type FeedPosition } from '../ledger/read-feed.js';

export interface Wanted extends Omit<FeedFilter, 'visibility'> {
  readonly tenantId: string;
  readonly after: FeedPosition;
  /** How many entries to show at most. */
  readonly limit: number;
}

/**
 * A page of what somebody may see. Each statement has a snapshot of its own: they may be given an inbox behind the asking
 * for their visibility, and something may happen in it before the feed is read. That must not be passed over, so the visibility is
 * asked for once more behind the reading, and the page read again if it has grown.
 * @param ask null: they see the whole tenant; undefined: nothing any more
 * @returns undefined when they see nothing any more
 */
export async function readVisible<S extends Visibility | null | undefined>(
  tx: Transaction,
  { tenantId, after, limit, ...wanted }: Wanted,
  ask: () => Promise<S>,
): Promise<{ page: FeedPage; visibility: Exclude<S, undefined> } | undefined> {
  for (let visibility = await ask(); visibility !== undefined;) {
    const page = await readFeed(tx, tenantId, after, limit, { ...wanted, visibility });
    const then = await ask();
    if (!hasGrown(visibility, then)) return { page, visibility: visibility as Exclude<S, undefined> };
    visibility = then;
  }
  return undefined;
}

function hasGrown(before: Visibility | null, after: Visibility | null | undefined): boolean {
  if (before === null) return false;
  return after === null || after === undefined || !after.inboxes.every((id) => before.inboxes.includes(id));
}
