import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, type Repository } from 'typeorm';
import { restrictedTo, type OperatorPrincipal, type TenantPrincipal } from '../access/principal.js';
import { recordChange } from '../audit/record-change.js';
import { Distributor } from '../distribution/distributor.js';
import { CHANGE_RANKING } from '../queue/change-ranking.js';
import { Database } from '../database/database.js';
import { LOWEST_ID, newId } from '../database/id.js';
import { LOCK_ROW } from '../database/lock-row.js';
import { rowsOf, sql } from '../database/statement.js';
import { decodeCursor, pageOf, type Page } from '../http/cursor.js';
import type { PageQuery } from '../http/page-query.js';
import { Quotas } from '../quotas/quotas.js';
import { InboxReader } from './inbox-reader.js';
import type { CreateInbox, UpdateInbox } from './inbox-requests.js';
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
    return this.database.inTenant(tenantId, async (tx) => {
      const id = newId();
      await this.inboxes.insert({ ...request, tenantId, id });
      const created = await this.reader.get(tenantId, id);
      await recordChange(tx, tenantId, 'inbox.created', null, created);
      if (created.boostMinutes !== 0) await rowsOf(tx, STORE_BOOST, [tenantId, id]);
      await this.quotas.check(tx, tenantId, 'inboxes');
      return inboxResponse(created);
    });
  }

  /** OPERATORs see the inboxes that they can allocate from; all other callers see all inboxes. */
  list(caller: TenantPrincipal, query: PageQuery): Promise<Page<InboxResponse>> {
    const scope = ['inboxes', caller.tenantId, restrictedTo(caller)];
    const after =
      query.cursor === undefined ? LOWEST_ID : String(decodeCursor(scope, query.cursor, ['id'])[0]);
    return this.database.inTenant(caller.tenantId, async () => {
      const inboxes = await this.reader
        .takeableBy(caller)
        .andWhere({ id: MoreThan(after) })
        .orderBy('i.id')
        .take(query.limit + 1)
        .getMany();
      return pageOf(inboxes, query.limit, scope, (inbox) => [inbox.id], inboxResponse);
    });
  }

  get(caller: TenantPrincipal, id: string): Promise<InboxResponse> {
    return this.database.inTenant(caller.tenantId, async () =>
      inboxResponse(await this.reader.getVisible(caller, id)),
    );
  }

  async update({ tenantId }: OperatorPrincipal, id: string, request: UpdateInbox): Promise<InboxResponse> {
    const inbox = await this.database.inTenant(tenantId, async (tx) => {
      // The lock keeps new conversations out until the COMMIT. Earlier ones are distributed below, and later ones when
      // they arrive.
      if (request.distribution !== undefined) await rowsOf(tx, CHANGE_RANKING, [tenantId]);
      const before = await this.reader.get(tenantId, id, LOCK_ROW);
      await this.inboxes.update({ tenantId, id }, request);
      if (request.boostMinutes !== undefined) await rowsOf(tx, STORE_BOOST, [tenantId, id]);
      const after = await this.reader.get(tenantId, id);
      await recordChange(tx, tenantId, 'inbox.updated', before, after);
      return after;
    });
    if (request.distribution !== undefined) await this.distributor.afterFreeing(tenantId, { inboxIds: [id] });
    return inboxResponse(inbox);
  }
}
