import { Injectable } from '@nestjs/common';
import type { OperatorPrincipal } from '../access/principal.js';
import { Database } from '../database/database.js';
import type { UpdateInbox } from '../inboxes/inbox-requests.js';
import { Inbox, inboxAnswer, type InboxAnswer } from '../inboxes/inbox.js';
import { findInbox } from '../inboxes/inboxes.service.js';

@Injectable()
export class InboxChangesService {
  constructor(private readonly database: Database) {}

  update(admin: OperatorPrincipal, id: string, request: UpdateInbox): Promise<InboxAnswer> {
    return this.database.inTenant(admin.tenantId, async (tx) => {
      const key = { tenantId: admin.tenantId, id };
      await tx.update(Inbox, key, { ...request, updatedAt: () => 'now()' });
      return inboxAnswer(await findInbox(tx, admin.tenantId, id));
    });
  }
}
