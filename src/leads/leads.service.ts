import { Injectable } from '@nestjs/common';
import type { TenantPrincipal } from '../access/principal.js';
import { conversationResponse } from '../conversations/conversation.js';
import { ConversationReader } from '../conversations/conversation-reader.js';
import { Database, type Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { decodeCursor, pageOf, type Page } from '../http/cursor.js';
import { NotFound, Problem, ValidationFailed } from '../http/problem.js';
import { withTotal } from '../http/total.js';
import { soughtNumber } from '../inboxes/sought-number.js';
import { actorOf } from '../ledger/actor.js';
import { Jobs } from '../scheduling/jobs.js';
import { changeLead, type LeadRefusal } from './change-lead.js';
import { added, eraseLead, NOTHING_ERASED, recordErasure, type ErasedLead } from './erase-lead.js';
import {
  LEAD_COLUMNS,
  leadResponse,
  LISTED_CONVERSATIONS,
  SHOWN_CONVERSATIONS,
  type Lead,
  type LeadResponse,
  type LeadWithConversations,
  type ListedLead,
} from './lead.js';
import { isMerging, LeadMerges, mergeLead } from './lead-merges.js';
import type { UpdateLead } from './lead-requests.js';
import { countLeads, listLeads, type LeadFilters } from './list-leads.js';
import type { ListLeads } from './list-query.js';

/** $1 tenant, $2 lead. Of a merged lead, the one into which it was merged. */
const GET_LEAD = sql`
  select ${LEAD_COLUMNS} from leads l where l.tenant_id = $1 and l.id = current_lead($1, $2) and l.erased_at is null`;

@Injectable()
export class LeadsService {
  constructor(
    private readonly database: Database,
    private readonly conversations: ConversationReader,
    private readonly jobs: Jobs,
  ) {}

  list(caller: TenantPrincipal, query: ListLeads): Promise<Page<ListedLead>> {
    const { limit, cursor, count, include, ...given } = query;
    const { tenantId } = caller;
    return this.database.inTenant(tenantId, async (tx) => {
      const visible = await this.conversations.visibilityOf(caller);
      if (given.phone !== undefined) given.phone = await soughtNumber(tx, tenantId, given.phone);
      const filters: LeadFilters = Object.fromEntries(Object.entries(given).sort());
      const scope = ['leads', tenantId, visible?.operatorId, filters];
      const after = cursor === undefined ? null : String(decodeCursor(scope, cursor, ['id'])[0]);
      const rows = await listLeads(tx, { tenantId, filters, visible, after, limit: limit + 1 });
      const page = await withTotal(
        pageOf(rows, limit, scope, (row) => [row.id], leadResponse),
        { count },
        () => countLeads(tx, { tenantId, filters, visible }),
      );
      if (include === undefined) return page;
      const leadIds = page.data.map(({ id }) => id);
      const ofLeads = await this.conversations.listOfLeads({
        tenantId,
        leadIds,
        visible,
        each: LISTED_CONVERSATIONS,
      });
      const data = page.data.map((lead) => ({
        ...lead,
        conversations: (ofLeads.get(lead.id) ?? []).map(conversationResponse),
      }));
      return { ...page, data };
    });
  }

  /** @throws NOT_FOUND when the lead does not exist, or an OPERATOR sees none of its conversations */
  get(caller: TenantPrincipal, id: string): Promise<LeadWithConversations> {
    return this.database.inTenant(caller.tenantId, (tx) => this.read(tx, caller, id));
  }

  /** @throws NOT_FOUND, LEAD_MERGED */
  update({ tenantId }: TenantPrincipal, id: string, request: UpdateLead): Promise<LeadResponse> {
    return this.database.inTenant(tenantId, async (tx) => {
      const refusal = await changeLead(tx, tenantId, id, request);
      if (refusal !== null) throw refused(refusal, id);
      return leadResponse(await getLead(tx, tenantId, id));
    });
  }

  /**
   * Of a lead with more conversations than a batch, a job moves the rest.
   * @throws VALIDATION_FAILED for a lead and itself, NOT_FOUND, LEAD_MERGED
   */
  async merge(caller: TenantPrincipal, id: string, intoLeadId: string): Promise<LeadWithConversations> {
    if (id === intoLeadId) {
      const message = 'intoLeadId must be another lead';
      throw new ValidationFailed([{ field: 'intoLeadId', message }]);
    }
    const { tenantId } = caller;
    const { merged, isLeft } = await this.database.inTenant(tenantId, async (tx) => {
      const refusal = await mergeLead(tx, tenantId, id, intoLeadId, actorOf(caller));
      if (refusal !== null) throw refused(refusal, refusal.lead_id);
      return { merged: await this.read(tx, caller, intoLeadId), isLeft: await isMerging(tx, tenantId, id) };
    });
    if (isLeft) await this.database.afterCommit(() => this.jobs.soon(LeadMerges));
    return merged;
  }

  /**
   * Conversations beyond what a transaction erases are erased in transactions of their own before, and the lead in the
   * last one. Until then it stays, so a caller who gets no response can call again.
   * @throws NOT_FOUND, also for a lead that was erased; LEAD_MERGED
   */
  async erase(caller: TenantPrincipal, id: string): Promise<ErasedLead> {
    const { tenantId } = caller;
    for (let erased = NOTHING_ERASED; ;) {
      const outcome = await this.database.inTenant(tenantId, async (tx) => {
        const result = await eraseLead(tx, tenantId, id, actorOf(caller));
        if (result.refusal !== null) throw refused(result, id);
        if (!result.isLeft) await recordErasure(tx, tenantId, id);
        return result;
      });
      erased = added(erased, outcome.erased);
      if (!outcome.isLeft) return { leadId: id, erased };
    }
  }

  private async read(tx: Transaction, caller: TenantPrincipal, id: string): Promise<LeadWithConversations> {
    const { tenantId } = caller;
    const visible = await this.conversations.visibilityOf(caller);
    const lead = await getLead(tx, tenantId, id);
    const { rows: conversations } = await this.conversations.list({
      tenantId,
      filters: { leadId: lead.id },
      visible,
      by: 'activity',
      newestFirst: true,
      after: null,
      limit: SHOWN_CONVERSATIONS,
    });
    if (visible !== null && conversations.length === 0) throw new NotFound('lead', id);
    return { ...leadResponse(lead), conversations: conversations.map(conversationResponse) };
  }
}

async function getLead(tx: Transaction, tenantId: string, id: string): Promise<Lead> {
  const [lead] = await rowsOf<Lead>(tx, GET_LEAD, [tenantId, id]);
  if (lead === undefined) throw new NotFound('lead', id);
  return lead;
}

function refused({ refusal, merged_into_id }: LeadRefusal, id: string): Problem {
  if (refusal === 'NOT_FOUND') return new NotFound('lead', id);
  return new Problem('LEAD_MERGED', `Lead ${id} was merged into lead ${merged_into_id}.`, {
    intoLeadId: merged_into_id,
  });
}
