import { Injectable } from '@nestjs/common';
import type { OperatorPrincipal } from '../access/principal.js';
import { Distributor } from '../allocation/distributor.js';
import { Database } from '../database/database.js';
import { rowsOf } from '../database/statement.js';
import type { UpdateInbox } from '../inboxes/inbox-requests.js';
import { Inbox, inboxAnswer, type InboxAnswer } from '../inboxes/inbox.js';
import { findInbox } from '../inboxes/inboxes.service.js';
import { CHANGE_RANKING } from '../tenants/tenant-statements.js';

@Injectable()
export class InboxChangesService {
  constructor(
    private readonly database: Database,
    private readonly distributor: Distributor,
  ) {}

  async update({ tenantId }: OperatorPrincipal, id: string, request: UpdateInbox): Promise<InboxAnswer> {
    const inbox = await this.database.inTenant(tenantId, async (tx) => {
      // Nothing arrives meanwhile: what came before is handed out below, what comes later hands itself out.
      if (request.distribution !== undefined) await rowsOf(tx, CHANGE_RANKING, [tenantId]);
      await tx.update(Inbox, { tenantId, id }, { ...request, updatedAt: () => 'now()' });
      return findInbox(tx, tenantId, id);
    });
    if (request.distribution !== undefined) await this.distributor.afterFreeing(tenantId, { inboxIds: [id] });
    return inboxAnswer(inbox);
  }
}
