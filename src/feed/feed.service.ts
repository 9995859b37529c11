import { Injectable } from '@nestjs/common';
import type { TenantPrincipal } from '../access/principal.js';
import { ConversationReader } from '../conversations/conversation-reader.js';
import { Database } from '../database/database.js';
import { eventResponse } from '../ledger/event.js';
import { assignPositions } from '../ledger/assign-positions.js';
import { BEGINNING, endOfFeed, isKept, type FeedPosition } from '../ledger/read-feed.js';
import type { FeedPageResponse } from './feed-responses.js';
import { cursorOf, expiredCursor, feedScope, positionIn } from './feed-cursor.js';
import { LATEST, typesOf, type FeedQuery } from './feed-query.js';
import { readVisible } from './read-visible.js';
import type { StreamQuery } from './stream-query.js';

@Injectable()
export class FeedService {
  constructor(
    private readonly database: Database,
    private readonly conversations: ConversationReader,
  ) {}

  /** A page of the ledger in the order of the feed. `nextCursor` is set on the last page too. */
  async read(caller: TenantPrincipal, query: FeedQuery): Promise<FeedPageResponse> {
    const { tenantId } = caller;
    const scope = feedScope(caller, query);
    // A rejected request must change nothing, so this check comes before any write.
    const after =
      query.after === undefined || query.after === LATEST
        ? BEGINNING
        : await positionIn(this.database, tenantId, scope, query.after);
    await assignPositions(this.database, tenantId);
    return this.database.inTenant(tenantId, async (tx) => {
      if (query.after === LATEST) {
        const end = await endOfFeed(tx, tenantId);
        return { data: [], nextCursor: cursorOf(scope, end), hasMore: false };
      }
      const wanted = {
        tenantId,
        after,
        limit: query.limit,
        types: typesOf(query),
        inboxId: query.inboxId ?? null,
      };
      const read = await readVisible(tx, wanted, () => this.conversations.visibilityOf(caller));
      if (read === undefined) throw new Error('the caller lost their visibility during the request');
      const { events, position, hasMore, isComplete } = read.page;
      // Without a cursor the page is where the feed begins now.
      if (query.after !== undefined && !isComplete) throw expiredCursor();
      return { data: events.map(eventResponse), nextCursor: cursorOf(scope, position), hasMore };
    });
  }

  /** The cursor after everything that is committed now. */
  async latestCursor(caller: TenantPrincipal): Promise<string> {
    return (await this.read(caller, { after: LATEST, limit: 1 })).nextCursor;
  }

  /**
   * Where a stream starts: after the last event received, else where the query says, else now.
   * @throws INVALID_CURSOR
   */
  async startOf(
    caller: TenantPrincipal,
    query: StreamQuery,
    lastEventId: string | undefined,
  ): Promise<FeedPosition> {
    const { tenantId } = caller;
    const isLatest = query.after === undefined || query.after === LATEST;
    const cursor = lastEventId ?? (isLatest ? undefined : query.after);
    if (cursor !== undefined) {
      const position = await positionIn(this.database, tenantId, feedScope(caller, query), cursor);
      if (await this.database.inTenant(tenantId, (tx) => isKept(tx, tenantId, position))) return position;
      throw expiredCursor();
    }
    await assignPositions(this.database, tenantId);
    return this.database.inTenant(tenantId, (tx) => endOfFeed(tx, tenantId));
  }
}
