import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { TenantPrincipal } from '../access/principal.js';
import { conversationResponse } from '../conversations/conversation.js';
import { ConversationReader } from '../conversations/conversation-reader.js';
import { Database } from '../database/database.js';
import { decodeCursor, pageOf, type Page } from '../http/cursor.js';
import { NotFound } from '../http/problem.js';
import { soughtNumber } from '../inboxes/sought-number.js';
import {
  Lead,
  leadResponse,
  SHOWN_CONVERSATIONS,
  type LeadResponse,
  type LeadWithConversations,
} from './lead.js';
import { listLeads, type LeadFilters } from './list-leads.js';
import type { ListLeads } from './list-query.js';

@Injectable()
export class LeadsService {
  constructor(
    private readonly database: Database,
    private readonly conversations: ConversationReader,
    @InjectRepository(Lead) private readonly leads: Repository<Lead>,
  ) {}

  list(caller: TenantPrincipal, query: ListLeads): Promise<Page<LeadResponse>> {
    const { limit, cursor, ...given } = query;
    const { tenantId } = caller;
    return this.database.inTenant(tenantId, async (tx) => {
      const visible = await this.conversations.visibilityOf(caller);
      if (given.phone !== undefined) given.phone = await soughtNumber(tx, tenantId, given.phone);
      const filters: LeadFilters = Object.fromEntries(Object.entries(given).sort());
      const scope = ['leads', tenantId, visible?.operatorId, filters];
      const after = cursor === undefined ? null : String(decodeCursor(scope, cursor, ['id'])[0]);
      const rows = await listLeads(tx, { tenantId, filters, visible, after, limit: limit + 1 });
      return pageOf(rows, limit, scope, (row) => [row.id], leadResponse);
    });
  }

  /** @throws NOT_FOUND when the lead does not exist, or an OPERATOR sees none of its conversations */
  get(caller: TenantPrincipal, id: string): Promise<LeadWithConversations> {
    const { tenantId } = caller;
    return this.database.inTenant(tenantId, async () => {
      const visible = await this.conversations.visibilityOf(caller);
      const lead = await this.leads.findOneBy({ tenantId, id });
      const conversations = await this.conversations.listByActivity({
        tenantId,
        filters: { leadId: id },
        visible,
        newestFirst: true,
        after: null,
        limit: SHOWN_CONVERSATIONS,
      });
      if (lead === null || (visible !== null && conversations.length === 0)) throw new NotFound('lead', id);
      return { ...leadResponse(lead), conversations: conversations.map(conversationResponse) };
    });
  }
}
