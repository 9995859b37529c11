import { Injectable } from '@nestjs/common';
import type { TenantPrincipal } from '../access/principal.js';
import { Database } from '../database/database.js';
import { decodeCursor, endingAt, pageOf, type CursorScope, type Page } from '../http/cursor.js';
import { ValidationFailed } from '../http/problem.js';
import { withTotal } from '../http/total.js';
import { eventResponse, type EventResponse } from '../ledger/event.js';
import { historyOfConversation } from '../ledger/history-of-conversation.js';
import { ConversationSearch } from '../search/conversation-search.js';
import { ConversationReader } from './conversation-reader.js';
import { conversationResponse, type ConversationResponse } from './conversation.js';
import { scopeOf } from './conversation-filters.js';
import type { ListPageRequest } from './list-conversations.js';
import type { ListConversations, SearchConversations } from './list-query.js';
import { QueueReader, type PageRequest } from './queue-reader.js';

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
    const { sort = 'newest', limit, cursor, state, lastOperatorId } = query;
    const isOfWaiting = sort === 'priority' || sort === 'waiting';
    if (isOfWaiting && (state?.some((one) => one !== 'QUEUED') === true || lastOperatorId !== undefined)) {
      const message = `only QUEUED conversations can be sorted by ${sort}: leave state and lastOperatorId out, or sort by newest or oldest`;
      throw new ValidationFailed([{ field: 'sort', message }]);
    }
    const { tenantId } = caller;
    return this.database.inTenant(tenantId, async () => {
      const visible = await this.reader.visibilityOf(caller);
      const filters = await this.reader.filtersOf(tenantId, query);
      const scope = [sort, tenantId, visible?.operatorId, scopeOf(filters)];
      const list = { tenantId, filters, visible, by: isOfWaiting ? 'waiting' : 'activity' } as const;
      const page =
        sort === 'priority'
          ? await this.queue.page(
              scope,
              { tenantId, inboxes: visible?.inboxes ?? null, filters },
              { limit, cursor },
            )
          : await this.pageByTime(scope, { ...list, newestFirst: sort === 'newest' }, { limit, cursor });
      return withTotal(page, query, () => this.reader.count(list));
    });
  }

  private async pageByTime(
    scope: CursorScope,
    list: Omit<ListPageRequest, 'after' | 'limit'>,
    { limit, cursor }: PageRequest,
  ): Promise<Page<ConversationResponse>> {
    const [position, id] =
      cursor === undefined ? [] : (decodeCursor(scope, cursor, ['time', 'id']) as [string, string]);
    const after = position === undefined || id === undefined ? null : { position, id };
    const { rows, continuesAt } = await this.reader.list({ ...list, after, limit: limit + 1 });
    const page = pageOf(rows, limit, scope, (row) => [row.position, row.id], conversationResponse);
    return endingAt(page, scope, continuesAt && [continuesAt.position, continuesAt.id]);
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
    { limit, cursor, count }: PageRequest & { count?: boolean | undefined },
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
      const page = endingAt(found, scope, continuesAt && [continuesAt.position, continuesAt.id]);
      return withTotal(page, { count }, () => this.conversationSearch.count(tx, { tenantId, part, visible }));
    });
  }
}
