import { Injectable } from '@nestjs/common';
import type { TenantPrincipal } from '../access/principal.js';
import { visibleTo } from '../conversations/visibility.js';
import { Database } from '../database/database.js';
import { eventAnswer } from '../ledger/event.js';
import { BEGINNING, endOfFeed, readFeed } from '../ledger/read-feed.js';
import type { FeedPageAnswer } from './feed-answers.js';
import { cursorOf, feedScope, positionIn } from './feed-cursor.js';
import { typesOf, type FeedQuery } from './feed-query.js';

/** For those who want nothing of what was. */
const LATEST = 'latest';

@Injectable()
export class FeedService {
  constructor(private readonly database: Database) {}

  /** A page of the ledger in the order of the feed. `nextCursor` is always there: also behind the last entry. */
  read(caller: TenantPrincipal, query: FeedQuery): Promise<FeedPageAnswer> {
    const { tenantId } = caller;
    const scope = feedScope(caller, query);
    const after =
      query.after === undefined || query.after === LATEST ? BEGINNING : positionIn(scope, query.after);
    return this.database.inTenant(tenantId, async (tx) => {
      if (query.after === LATEST) {
        const end = await endOfFeed(tx, tenantId);
        return { data: [], nextCursor: cursorOf(scope, end), hasMore: false };
      }
      const filter = {
        types: typesOf(query),
        inboxId: query.inboxId ?? null,
        sight: await visibleTo(tx, caller),
      };
      const { events, position, hasMore } = await readFeed(tx, tenantId, after, query.limit, filter);
      return { data: events.map(eventAnswer), nextCursor: cursorOf(scope, position), hasMore };
    });
  }
}
