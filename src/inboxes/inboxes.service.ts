import { Injectable } from '@nestjs/common';
import { MoreThan } from 'typeorm';
import { seesWholeTenant, type OperatorPrincipal, type TenantPrincipal } from '../access/principal.js';
import { inboxesToTakeFrom } from './takeable-inboxes.js';
import { requireVisibleInbox } from './visible-inbox.js';
import { Distributor } from '../distribution/distributor.js';
import { CHANGE_RANKING } from '../queue/change-ranking.js';
import { Database, type Transaction } from '../database/database.js';
import { LOWEST_ID, newId } from '../database/id.js';
import { rowsOf } from '../database/statement.js';
import { decodeCursor, pageOf, type Page } from '../http/cursor.js';
import type { PageQuery } from '../http/page-query.js';
import { NotFound } from '../http/problem.js';
import type { CreateInbox, UpdateInbox } from './inbox-requests.js';
import { Inbox, inboxResponse, type InboxResponse } from './inbox.js';

@Injectable()
export class InboxesService {
  constructor(
    private readonly database: Database,
    private readonly distributor: Distributor,
  ) {}

  create(admin: OperatorPrincipal, request: CreateInbox): Promise<InboxResponse> {
    return this.database.inTenant(admin.tenantId, async (tx) => {
      const inbox = { tenantId: admin.tenantId, id: newId(), ...request };
      await tx.insert(Inbox, inbox);
      return inboxResponse(await findInbox(tx, admin.tenantId, inbox.id));
    });
  }

  /** OPERATORs see the inboxes they may take from, everybody else all of the tenant. */
  list(caller: TenantPrincipal, query: PageQuery): Promise<Page<InboxResponse>> {
    const scope = ['inboxes', caller];
    const after =
      query.cursor === undefined ? LOWEST_ID : String(decodeCursor(scope, query.cursor, ['id'])[0]);
    return this.database.inTenant(caller.tenantId, async (tx) => {
      const inboxes = tx
        .createQueryBuilder(Inbox, 'i')
        .where({ tenantId: caller.tenantId, id: MoreThan(after) })
        .orderBy('i.id')
        .take(query.limit + 1);
      if (caller.kind === 'operator' && !seesWholeTenant(caller)) {
        inboxes.andWhere(`i.id = any (${inboxesToTakeFrom(':tenantId', ':operatorId')})`, {
          tenantId: caller.tenantId,
          operatorId: caller.operatorId,
        });
      }
      return pageOf(await inboxes.getMany(), query.limit, scope, (inbox) => [inbox.id], inboxResponse);
    });
  }

  get(caller: TenantPrincipal, id: string): Promise<InboxResponse> {
    return this.database.inTenant(caller.tenantId, async (tx) => {
      await requireVisibleInbox(tx, caller, id);
      return inboxResponse(await findInbox(tx, caller.tenantId, id));
    });
  }

  async update({ tenantId }: OperatorPrincipal, id: string, request: UpdateInbox): Promise<InboxResponse> {
    const inbox = await this.database.inTenant(tenantId, async (tx) => {
      // Nothing arrives meanwhile: what came before is distributed below, what comes later is distributed by itself.
      if (request.distribution !== undefined) await rowsOf(tx, CHANGE_RANKING, [tenantId]);
      await tx.update(Inbox, { tenantId, id }, { ...request, updatedAt: () => 'now()' });
      return findInbox(tx, tenantId, id);
    });
    if (request.distribution !== undefined) await this.distributor.afterFreeing(tenantId, { inboxIds: [id] });
    return inboxResponse(inbox);
  }
}

export async function findInbox(tx: Transaction, tenantId: string, id: string): Promise<Inbox> {
  const inbox = await tx.findOneBy(Inbox, { tenantId, id });
  if (inbox === null) throw new NotFound('inbox', id);
  return inbox;
}
