import type { Sight } from '../conversations/visibility.js';
import type { Transaction } from '../database/database.js';
import { readFeed, type FeedFilter, type FeedPage, type FeedPosition } from '../ledger/read-feed.js';

export interface Wanted extends Omit<FeedFilter, 'sight'> {
  readonly tenantId: string;
  readonly after: FeedPosition;
  /** How many entries to show at most. */
  readonly limit: number;
}

/**
 * A page of what somebody may see. Each statement has a snapshot of its own: they may be given an inbox behind the asking
 * for their sight, and something may happen in it before the feed is read. That must not be passed over, so the sight is
 * asked for once more behind the reading, and the page read again if it has grown.
 * @param ask null: they see the whole tenant; undefined: nothing any more
 * @returns undefined when they see nothing any more
 */
export async function readInSight<S extends Sight | null | undefined>(
  tx: Transaction,
  { tenantId, after, limit, ...wanted }: Wanted,
  ask: () => Promise<S>,
): Promise<{ page: FeedPage; sight: Exclude<S, undefined> } | undefined> {
  for (let sight = await ask(); sight !== undefined;) {
    const page = await readFeed(tx, tenantId, after, limit, { ...wanted, sight });
    const then = await ask();
    if (!hasGrown(sight, then)) return { page, sight: sight as Exclude<S, undefined> };
    sight = then;
  }
  return undefined;
}

function hasGrown(before: Sight | null, after: Sight | null | undefined): boolean {
  if (before === null) return false;
  return after === null || after === undefined || !after.inboxes.every((id) => before.inboxes.includes(id));
}
