import type { InboxClient } from './client.js';
import { queryOf, type Event, type EventFilters } from './event.js';
import { pause } from './pause.js';
import { unwrap } from './problem.js';

export { LATEST } from './event.js';
export type { Event, EventOf, EventType } from './event.js';

export interface FeedOptions extends EventFilters {
  /** The cursor after which to begin. Without it the feed begins at the first entry of the ledger, with `LATEST` now. */
  readonly after?: string;
  /** How many entries to read at once, at most 1,000. */
  readonly limit?: number;
  /** The pause at the end of the feed; a second unless said otherwise. */
  readonly pauseMs?: number;
}

export interface FeedPage {
  readonly events: Event[];
  /** Keep it when the events are dealt with: the next run begins `after` it. */
  readonly cursor: string;
}

/**
 * Follows the change feed in pages. Nothing is skipped, and nothing comes twice to a reader who begins after the cursor of
 * the last page. A page without events has a cursor that saves reading again what the filters leave out.
 */
export async function* feed(client: InboxClient, options: FeedOptions = {}): AsyncGenerator<FeedPage, void> {
  const { limit = 1_000, pauseMs = 1_000, signal } = options;
  let { after } = options;
  try {
    while (signal?.aborted !== true) {
      const query = { ...queryOf(options), limit, ...(after === undefined ? {} : { after }) };
      const { data, nextCursor, hasMore } = await unwrap(
        client.GET('/api/v1/events', { params: { query }, signal: signal ?? null }),
      );
      if (data.length > 0 || nextCursor !== after) yield { events: data, cursor: nextCursor };
      after = nextCursor;
      if (!hasMore) await pause(pauseMs, signal);
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}
