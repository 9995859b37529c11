import type { Visibility } from '../conversations/visibility.js';
import type { Transaction } from '../database/database.js';
import { readFeed, type FeedFilter, type FeedPage, type FeedPosition } from '../ledger/read-feed.js';

export interface Wanted extends Omit<FeedFilter, 'visibility'> {
  readonly tenantId: string;
  readonly after: FeedPosition;
  /** The most entries of a page. */
  readonly limit: number;
}

/**
 * Reads a page of the visible entries. Each statement has its own snapshot. A caller can get an inbox after the
 * visibility was read, and an event can occur in it before the feed is read. To not skip that event, this reads the
 * visibility again after the page. When the visibility has grown, it reads the page again.
 * @param readVisibility returns the visibility: null for the whole tenant, undefined for none
 * @returns undefined when the caller sees nothing
 */
export async function readVisible<S extends Visibility | null | undefined>(
  tx: Transaction,
  { tenantId, after, limit, ...wanted }: Wanted,
  readVisibility: () => Promise<S>,
): Promise<{ page: FeedPage; visibility: Exclude<S, undefined> } | undefined> {
  for (let visibility = await readVisibility(); visibility !== undefined;) {
    const page = await readFeed(tx, tenantId, after, limit, { ...wanted, visibility });
    const then = await readVisibility();
    if (!hasGrown(visibility, then)) return { page, visibility: visibility as Exclude<S, undefined> };
    visibility = then;
  }
  return undefined;
}

function hasGrown(before: Visibility | null, after: Visibility | null | undefined): boolean {
  if (before === null) return false;
  return after === null || after === undefined || !after.inboxes.every((id) => before.inboxes.includes(id));
}
