import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { restrictedTo, type TenantPrincipal } from '../access/principal.js';
import { PREPARED } from '../database/preparing-client.js';
import { NotFound } from '../http/problem.js';
import type { Total } from '../http/total.js';
import { InboxReader } from '../inboxes/inbox-reader.js';
import { soughtNumber } from '../inboxes/sought-number.js';
import { inboxesToTakeFrom } from '../inboxes/takeable-inboxes.js';
import type { ListPosition } from '../search/conversation-search.js';
import {
  filtersOf,
  type ConversationFilterBody,
  type ConversationFilterQuery,
  type Filters,
} from './conversation-filters.js';
import { ConversationRow } from './conversation.js';
import { countConversations } from './count-conversations.js';
import {
  listConversations,
  type CountRequest,
  type Listed,
  type ListedRow,
  type ListPageRequest,
} from './list-conversations.js';
import { listOfLeads } from './list-of-leads.js';
import { readPage } from './read-page.js';
import { scoreCandidates } from './score-candidates.js';
import type { Visibility } from './visibility.js';

/** Reads conversations for every room, in the transaction of the caller. */
@Injectable()
export class ConversationReader {
  constructor(
    private readonly inboxes: InboxReader,
    @InjectRepository(ConversationRow) private readonly conversations: Repository<ConversationRow>,
  ) {}

  /** The visibility of a caller; null for the whole tenant. */
  async visibilityOf(caller: TenantPrincipal): Promise<Visibility | null> {
    const operatorId = restrictedTo(caller);
    if (operatorId === null) return null;
    return { operatorId, inboxes: await this.inboxes.takeableIds(caller.tenantId, operatorId) };
  }

  /**
   * The checked filters of a request, with the number as it is stored.
   * @throws VALIDATION_FAILED for a range that ends before it begins
   */
  async filtersOf(
    tenantId: string,
    query: ConversationFilterQuery | ConversationFilterBody,
  ): Promise<Filters> {
    const filters = filtersOf(query);
    const { customerPhoneNumber: number, inboxId } = filters;
    if (number === undefined) return filters;
    const inbox = inboxId?.length === 1 ? inboxId[0] : undefined;
    const customerPhoneNumber = await soughtNumber(this.conversations.manager, tenantId, number, inbox);
    return { ...filters, customerPhoneNumber };
  }

  /** A page of conversations in the order of time. */
  list(request: ListPageRequest): Promise<Listed> {
    return listConversations(this.conversations.manager, request);
  }

  /**
   * The ids of the conversations of the whole tenant that match the filters, the least active first.
   * @param most how many of them are enough
   */
  async select(tenantId: string, query: ConversationFilterBody, most: number): Promise<string[]> {
    const filters = await this.filtersOf(tenantId, query);
    const list = { tenantId, filters, visible: null, by: 'activity', newestFirst: false } as const;
    const ids: string[] = [];
    for (let after: ListPosition | null = null; ids.length < most;) {
      const { rows, continuesAt }: Listed = await this.list({ ...list, after, limit: most - ids.length });
      ids.push(...rows.map(({ id }) => id));
      if (continuesAt === null) break;
      after = continuesAt;
    }
    return ids;
  }

  /** How many conversations a list has. */
  count(request: CountRequest): Promise<Total> {
    return countConversations(this.conversations.manager, request);
  }

  /** The most recent conversations of each lead, by lead. */
  async listOfLeads(request: Parameters<typeof listOfLeads>[1]): Promise<Map<string, ConversationRow[]>> {
    const byLead = new Map<string, ConversationRow[]>();
    for (const row of await listOfLeads(this.conversations.manager, request)) {
      const leadId = String(row.lead_id);
      byLead.set(leadId, [...(byLead.get(leadId) ?? []), row]);
    }
    return byLead;
  }

  /** The conversations at these positions of the order of activity. */
  at(tenantId: string, positions: readonly ListPosition[]): Promise<ListedRow[]> {
    return readPage(this.conversations.manager, tenantId, positions);
  }

  /**
   * An OPERATOR sees the conversations that they hold, and those of inboxes that they can allocate from.
   * @throws NOT_FOUND for every other conversation
   */
  async getVisible(caller: TenantPrincipal, id: string): Promise<ConversationRow> {
    const { tenantId } = caller;
    const operatorId = restrictedTo(caller);
    const conversations = this.conversations
      .createQueryBuilder('d')
      .comment(PREPARED)
      .where({ tenant_id: tenantId, id });
    if (operatorId !== null) {
      const takeable = inboxesToTakeFrom(':tenantId', ':operatorId');
      conversations.andWhere(`(d.assigned_operator_id = :operatorId or d.inbox_id = any (${takeable}))`, {
        tenantId,
        operatorId,
      });
    }
    const found = await conversations.getMany();
    const [conversation] = await scoreCandidates(this.conversations.manager, tenantId, found);
    if (conversation === undefined) throw new NotFound('conversation', id);
    return conversation;
  }
}
