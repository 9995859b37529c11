import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { restrictedTo, type TenantPrincipal } from '../access/principal.js';
import type { LOCK_ROW } from '../database/lock-row.js';
import { PREPARED } from '../database/preparing-client.js';
import { rowsOf } from '../database/statement.js';
import { InboxInactive, NotFound } from '../http/problem.js';
import { inboxesToTakeFrom, TAKEABLE_INBOXES } from './takeable-inboxes.js';
import { Inbox } from './inbox.js';

const TAKEABLE = inboxesToTakeFrom(':tenantId', ':operatorId');

/** Reads inboxes for every room, in the transaction of the caller. */
@Injectable()
export class InboxReader {
  constructor(@InjectRepository(Inbox) private readonly inboxes: Repository<Inbox>) {}

  /** @param lock for an inbox that is changed next */
  async get(tenantId: string, id: string, lock: typeof LOCK_ROW | object = {}): Promise<Inbox> {
    const inbox = await this.inboxes.findOne({ where: { tenantId, id }, ...lock });
    if (inbox === null) throw new NotFound('inbox', id);
    return inbox;
  }

  /**
   * For what only an active inbox may become: the target of a redirect or a default. Archiving it waits for the caller.
   * @throws INBOX_INACTIVE
   */
  async getActive(tenantId: string, id: string): Promise<Inbox> {
    const inbox = await this.get(tenantId, id, { lock: { mode: 'pessimistic_read' } });
    if (!inbox.isActive) throw new InboxInactive(id);
    return inbox;
  }

  /**
   * The one rule for the visibility of an inbox and of everything that belongs to it: an OPERATOR sees an inbox that
   * they can allocate from, or in which they hold a conversation. A holder needs the labels of the inbox, also after
   * they were unsubscribed.
   */
  async getVisible(caller: TenantPrincipal, id: string): Promise<Inbox> {
    const { tenantId } = caller;
    const operatorId = restrictedTo(caller);
    if (operatorId === null) return this.get(tenantId, id);
    const inbox = await this.inboxes
      .createQueryBuilder('i')
      .comment(PREPARED)
      .where({ tenantId, id })
      .andWhere(
        `(i.id = any (${TAKEABLE}) or exists (
          select 1 from conversations c
          where c.tenant_id = :tenantId and c.assigned_operator_id = :operatorId and c.state = 'ALLOCATED'
            and c.inbox_id = i.id))`,
        { tenantId, operatorId },
      )
      .getOne();
    if (inbox === null) throw new NotFound('inbox', id);
    return inbox;
  }

  /** The inboxes that an operator can allocate from: subscribed ones, or all inboxes of a tenant with autoSubscribe. */
  async takeableIds(tenantId: string, operatorId: string): Promise<string[]> {
    const values = [tenantId, operatorId];
    const [row] = await rowsOf<{ inboxes: string[] }>(this.inboxes.manager, TAKEABLE_INBOXES, values);
    return row?.inboxes ?? [];
  }

  /** A query for the inboxes that an OPERATOR can allocate from, and for all inboxes for other callers. */
  takeableBy(caller: TenantPrincipal) {
    const { tenantId } = caller;
    const operatorId = restrictedTo(caller);
    const inboxes = this.inboxes.createQueryBuilder('i').where({ tenantId });
    return operatorId === null
      ? inboxes
      : inboxes.andWhere(`i.id = any (${TAKEABLE})`, { tenantId, operatorId });
  }
}
