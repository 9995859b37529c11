import { Injectable } from '@nestjs/common';
import type { TenantPrincipal } from '../access/principal.js';
import { Database, type Transaction } from '../database/database.js';
import { decodeCursor, pageOf, type Page } from '../http/cursor.js';
import { ValidationFailed } from '../http/problem.js';
import { eventResponse, type EventResponse } from '../ledger/event.js';
import { historyOfConversation } from '../ledger/history-of-conversation.js';
import { ConversationReader } from './conversation-reader.js';
import { conversationResponse, type ConversationResponse } from './conversation.js';
import { listByPriority, type QueuePosition, type QueuedRow } from './list-by-priority.js';
import { listByActivity, type Filters } from './list-conversations.js';
import type { ListConversations } from './list-query.js';
import { visibleTo } from './visibility.js';

export interface PageRequest {
  limit: number;
  cursor?: string | undefined;
}

@Injectable()
export class ConversationsService {
  constructor(
    private readonly database: Database,
    private readonly reader: ConversationReader,
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
    const filters: Filters = Object.fromEntries(Object.entries(given).sort());
    if (sort === 'priority' && filters.state !== undefined && filters.state !== 'QUEUED') {
      const message =
        'only QUEUED conversations have a priority: leave state out, or sort by newest or oldest';
      throw new ValidationFailed([{ field: 'sort', message }]);
    }
    return this.database.inTenant(caller.tenantId, async (tx) => {
      const visible = await visibleTo(tx, caller);
      if (sort === 'priority') {
        const scope = ['priority', caller.tenantId, visible?.operatorId, filters];
        return queuePage(tx, scope, caller.tenantId, visible?.inboxes ?? null, filters, { limit, cursor });
      }
      const scope = [sort, caller.tenantId, visible?.operatorId, filters];
      const [position, id] =
        cursor === undefined ? [] : (decodeCursor(scope, cursor, ['time', 'id']) as [string, string]);
      const rows = await listByActivity(tx, {
        tenantId: caller.tenantId,
        filters,
        visible,
        newestFirst: sort === 'newest',
        after: position === undefined || id === undefined ? null : { position, id },
        limit: limit + 1,
      });
      return pageOf(rows, limit, scope, (row) => [row.position, row.id], conversationResponse);
    });
  }
}

/** A page of the queue of some inboxes (null: all of the tenant), best first. */
export async function queuePage(
  tx: Transaction,
  scope: readonly unknown[],
  tenantId: string,
  inboxes: string[] | null,
  filters: Filters,
  { limit, cursor }: PageRequest,
): Promise<Page<ConversationResponse>> {
  const after =
    cursor === undefined ? null : positionFrom(decodeCursor(scope, cursor, ['time', 'number', 'time', 'id']));
  const rows = await listByPriority(tx, { tenantId, inboxes, filters, after, limit: limit + 1 });
  return pageOf(rows, limit, scope, positionOf, conversationResponse);
}

function positionOf(row: QueuedRow): readonly unknown[] {
  return [row.as_of, row.urgency, row.basis_at, row.id];
}

function positionFrom(values: unknown[]): QueuePosition {
  const [asOf, urgency, basisAt, id] = values as [string, number, string, string];
  return { asOf, urgency, basisAt, id };
}
