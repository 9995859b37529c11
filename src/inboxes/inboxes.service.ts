import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, type Repository } from 'typeorm';
import { restrictedTo, type OperatorPrincipal, type TenantPrincipal } from '../access/principal.js';
import { recordChange } from '../audit/record-change.js';
import { Distributor } from '../distribution/distributor.js';
import { CHANGE_RANKING } from '../queue/change-ranking.js';
import { Database, type Transaction } from '../database/database.js';
import { LOWEST_ID, newId } from '../database/id.js';
import { LOCK_ROW } from '../database/lock-row.js';
import { rowsOf, sql } from '../database/statement.js';
import type { CheckedItem } from '../http/batch-of.js';
import { resultOf } from '../http/batch-results.js';
import { decodeCursor, pageOf, type Page } from '../http/cursor.js';
import { ValidationFailed } from '../http/problem.js';
import { countRows, withTotal } from '../http/total.js';
import { Quotas } from '../quotas/quotas.js';
import type { InboxItemResult } from './inbox-batch.js';
import { InboxReader } from './inbox-reader.js';
import type { CreateInbox, ListInboxesQuery, UpdateInbox } from './inbox-requests.js';
import { Inbox, inboxResponse, type InboxResponse } from './inbox.js';

/**
 * Tells the queue the boost of inbox $2, which this transaction has stored. It changes only that key, so that boosts of
 * two inboxes at once are both kept.
 */
const STORE_BOOST = sql`
  update tenants t
  set inbox_boosts = nullif(
    case i.boost_minutes when 0 then t.inbox_boosts - i.id::text
      else coalesce(t.inbox_boosts, '{}') || jsonb_build_object(i.id, i.boost_minutes) end, '{}')
  from inboxes i
  where t.id = $1 and i.tenant_id = $1 and i.id = $2`;

/** What keeps inbox $2 from being archived: the settings of the tenant, and an inbox that redirects to it. */
const LEADS_TO_INBOX = sql`
  select t.default_inbox_id = $2 as is_default, (
    select r.id from inboxes r where r.tenant_id = $1 and r.redirect_to_inbox_id = $2 limit 1) as redirecting_id
  from tenants t where t.id = $1`;

@Injectable()
export class InboxesService {
  constructor(
    private readonly database: Database,
    private readonly distributor: Distributor,
    private readonly reader: InboxReader,
    private readonly quotas: Quotas,
    @InjectRepository(Inbox) private readonly inboxes: Repository<Inbox>,
  ) {}

  create({ tenantId }: OperatorPrincipal, request: CreateInbox): Promise<InboxResponse> {
    return this.database.inTenant(tenantId, (tx) => this.createIn(tx, tenantId, request));
  }

  /** Each in a transaction of its own, so that nobody waits for the rest of the batch. */
  async createEach(
    { tenantId }: OperatorPrincipal,
    items: readonly CheckedItem<CreateInbox>[],
  ): Promise<InboxItemResult[]> {
    const results: InboxItemResult[] = [];
    for (const [index, item] of items.entries()) {
      const result = await resultOf(index, item, async (request) => {
        const { id } = await this.database.apart(tenantId, (tx) => this.createIn(tx, tenantId, request));
        return { status: 201, inboxId: id, created: true };
      });
      results.push(result);
    }
    return results;
  }

  /** OPERATORs see the inboxes that they can allocate from; all other callers see all inboxes. */
  list(caller: TenantPrincipal, query: ListInboxesQuery): Promise<Page<InboxResponse>> {
    const withArchived = query.includeInactive === 'true';
    const scope = ['inboxes', caller.tenantId, restrictedTo(caller), withArchived];
    const after =
      query.cursor === undefined ? LOWEST_ID : String(decodeCursor(scope, query.cursor, ['id'])[0]);
    return this.database.inTenant(caller.tenantId, async (tx) => {
      const all = this.reader.takeableBy(caller).orderBy('i.id');
      if (!withArchived) all.andWhere({ isActive: true });
      const inboxes = await all
        .clone()
        .andWhere({ id: MoreThan(after) })
        .take(query.limit + 1)
        .getMany();
      const page = pageOf(inboxes, query.limit, scope, (inbox) => [inbox.id], inboxResponse);
      const [text, values] = all.select('true', 'is_found').getQueryAndParameters();
      return withTotal(page, query, () => countRows(tx, { text }, values));
    });
  }

  get(caller: TenantPrincipal, id: string): Promise<InboxResponse> {
    return this.database.inTenant(caller.tenantId, async () =>
      inboxResponse(await this.reader.getVisible(caller, id)),
    );
  }

  async update({ tenantId }: OperatorPrincipal, id: string, request: UpdateInbox): Promise<InboxResponse> {
    const { distribution, isActive, redirectToInboxId } = request;
    const inbox = await this.database.inTenant(tenantId, async (tx) => {
      // The lock keeps new conversations out until the COMMIT. Earlier ones are distributed below, and later ones when
      // they arrive. Messages look again where they go.
      if (distribution !== undefined || isActive !== undefined || redirectToInboxId !== undefined)
        await rowsOf(tx, CHANGE_RANKING, [tenantId]);
      const before = await this.reader.get(tenantId, id, LOCK_ROW);
      if (redirectToInboxId !== undefined) await this.checkRedirect(tenantId, id, redirectToInboxId);
      if (isActive === false && before.isActive) await checkNothingLeadsTo(tx, tenantId, id);
      await this.inboxes.update({ tenantId, id }, request);
      if (request.boostMinutes !== undefined) await rowsOf(tx, STORE_BOOST, [tenantId, id]);
      const after = await this.reader.get(tenantId, id);
      await recordChange(tx, tenantId, 'inbox.updated', before, after);
      if (after.isActive && !before.isActive) await this.quotas.check(tx, tenantId, 'inboxes');
      return after;
    });
    if (distribution !== undefined) await this.distributor.afterFreeing(tenantId, { inboxIds: [id] });
    return inboxResponse(inbox);
  }

  private async createIn(tx: Transaction, tenantId: string, request: CreateInbox): Promise<InboxResponse> {
    const id = newId();
    await this.inboxes.insert({ ...request, tenantId, id });
    const created = await this.reader.get(tenantId, id);
    await recordChange(tx, tenantId, 'inbox.created', null, created);
    if (created.boostMinutes !== 0) await rowsOf(tx, STORE_BOOST, [tenantId, id]);
    await this.quotas.check(tx, tenantId, 'inboxes');
    return inboxResponse(created);
  }

  /** A redirect never leads to an archived inbox. So there is nothing to follow, and no circle. */
  private async checkRedirect(tenantId: string, id: string, redirectTo: string | null): Promise<void> {
    if (redirectTo === null) return;
    if (redirectTo === id) throw invalid('redirectToInboxId', 'must be another inbox');
    await this.reader.getActive(tenantId, redirectTo);
  }
}

async function checkNothingLeadsTo(tx: Transaction, tenantId: string, id: string): Promise<void> {
  const [row] = await rowsOf<{ is_default: boolean | null; redirecting_id: string | null }>(
    tx,
    LEADS_TO_INBOX,
    [tenantId, id],
  );
  if (row?.is_default === true)
    throw invalid('isActive', 'cannot be false: it is the defaultInboxId of the tenant');
  if (row !== undefined && row.redirecting_id !== null)
    throw invalid('isActive', `cannot be false: inbox ${row.redirecting_id} redirects to it`);
}

function invalid(field: string, what: string): ValidationFailed {
  return new ValidationFailed([{ field, message: `${field} ${what}` }]);
}
