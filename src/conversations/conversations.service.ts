import { Injectable } from '@nestjs/common';
import type { TenantPrincipal } from '../access/principal.js';
import { Database } from '../database/database.js';
import { decodeCursor, encodeCursor, pageOf, type Page } from '../http/cursor.js';
import { ValidationFailed } from '../http/problem.js';
import { eventResponse, type EventResponse } from '../ledger/event.js';
import { soughtNumber } from '../inboxes/sought-number.js';
import { historyOfConversation } from '../ledger/history-of-conversation.js';
import { ConversationSearch } from '../search/conversation-search.js';
import { ConversationReader } from './conversation-reader.js';
import { conversationResponse, type ConversationResponse } from './conversation.js';
import type { Filters } from './list-conversations.js';
import type { ListConversations, SearchConversations } from './list-query.js';
import { QueueReader } from './queue-reader.js';

@Injectable()
export class ConversationsService {
  constructor(
    private readonly database: Database,
    private readonly reader: ConversationReader,
    private readonly queue: QueueReader,
    private readonly conversationSearch: ConversationSearch,
  ) {}

  get(caller: TenantPrincipal, id: string): Promise<ConversationResponse> {
    return this.database.inTenant(caller.tenantId, async () =>
      conversationResponse(await this.reader.getVisible(caller, id)),
    );
  }

  history(caller: TenantPrincipal, id: string): Promise<EventResponse[]> {
    return this.database.inTenant(caller.tenantId, async (tx) => {
      await this.reader.getVisible(caller, id);
      return (await historyOfConversation(tx, caller.tenantId, id)).map(eventResponse);
    });
  }

  list(caller: TenantPrincipal, query: ListConversations): Promise<Page<ConversationResponse>> {
    const { sort = 'newest', limit, cursor, ...given } = query;
    const { state = 'QUEUED', lastOperatorId, customerPhoneNumber: number, inboxId } = given;
    if (sort === 'priority' && (state !== 'QUEUED' || lastOperatorId !== undefined)) {
      const message =
        'only QUEUED conversations have a priority: leave state and lastOperatorId out, or sort by newest or oldest';
      throw new ValidationFailed([{ field: 'sort', message }]);
    }
    const { tenantId } = caller;
    return this.database.inTenant(tenantId, async (tx) => {
      const visible = await this.reader.visibilityOf(caller);
      if (number !== undefined) given.customerPhoneNumber = await soughtNumber(tx, tenantId, number, inboxId);
      const filters: Filters = Object.fromEntries(Object.entries(given).sort());
      const scope = [sort, tenantId, visible?.operatorId, filters];
      if (sort === 'priority') {
        const inboxes = visible?.inboxes ?? null;
        return this.queue.page(scope, { tenantId, inboxes, filters }, { limit, cursor });
      }
      const [position, id] =
        cursor === undefined ? [] : (decodeCursor(scope, cursor, ['time', 'id']) as [string, string]);
      const rows = await this.reader.listByActivity({
        tenantId,
        filters,
        visible,
        newestFirst: sort === 'newest',
        after: position === undefined || id === undefined ? null : { position, id },
        limit: limit + 1,
      });
      return pageOf(rows, limit, scope, (row) => [row.position, row.id], conversationResponse);
    });
  }

  /** Most recent activity first. A cursor is valid for both ways to send the same search. */
  search(
    caller: TenantPrincipal,
    { phoneNumber, q, ...page }: SearchConversations,
  ): Promise<Page<ConversationResponse>> {
    if ((phoneNumber === undefined) === (q === undefined)) {
      const message = 'a search has either phoneNumber or q';
      throw new ValidationFailed([{ field: q === undefined ? 'phoneNumber' : 'q', message }]);
    }
    return q === undefined
      ? this.list(caller, { ...page, customerPhoneNumber: phoneNumber })
      : this.searchByPart(caller, q, page);
  }

  private searchByPart(
    caller: TenantPrincipal,
    part: string,
    { limit, cursor }: { limit: number; cursor?: string },
  ): Promise<Page<ConversationResponse>> {
    const { tenantId } = caller;
    return this.database.inTenant(tenantId, async (tx) => {
      const visible = await this.reader.visibilityOf(caller);
      const scope = ['search', tenantId, visible?.operatorId, part];
      const [position, id] =
        cursor === undefined ? [] : (decodeCursor(scope, cursor, ['time', 'id']) as [string, string]);
      const { positions, continuesAt } = await this.conversationSearch.find(tx, {
        tenantId,
        part,
        visible,
        after: position === undefined || id === undefined ? null : { position, id },
        limit: limit + 1,
      });
      const rows = await this.reader.at(tenantId, positions);
      const found = pageOf(rows, limit, scope, (row) => [row.position, row.id], conversationResponse);
      if (continuesAt === null) return found;
      const nextCursor = encodeCursor(scope, [continuesAt.position, continuesAt.id]);
      return { ...found, nextCursor, hasMore: true };
    });
  }
}
