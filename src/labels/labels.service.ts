import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import { InboxReader } from '../inboxes/inbox-reader.js';
import { Database } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf } from '../database/statement.js';
import { decodeCursor, pageOf, type Page } from '../http/cursor.js';
import type { PageQuery } from '../http/page-query.js';
import { NotFound } from '../http/problem.js';
import { ATTACH_TO_EXISTING, LOCK_CONVERSATIONS, LOCK_INBOX } from './attach-to-existing.js';
import type { CreateLabel, UpdateLabel } from './label-requests.js';
import { Label, labelResponse, type LabelResponse } from './label.js';

@Injectable()
export class LabelsService {
  constructor(
    private readonly database: Database,
    private readonly inboxes: InboxReader,
    @InjectRepository(Label) private readonly labels: Repository<Label>,
  ) {}

  /** By name. OPERATORs see the labels of inboxes that they can allocate from or hold a conversation of. */
  list(caller: TenantPrincipal, inboxId: string, query: PageQuery): Promise<Page<LabelResponse>> {
    const { tenantId } = caller;
    const scope = ['labels', tenantId, inboxId];
    const after = query.cursor === undefined ? null : decodeCursor(scope, query.cursor, ['text', 'id']);
    return this.database.inTenant(tenantId, async () => {
      await this.inboxes.getVisible(caller, inboxId);
      const labels = this.labels
        .createQueryBuilder('l')
        .where({ tenantId, inboxId })
        .orderBy('l.name')
        .addOrderBy('l.id')
        .take(query.limit + 1);
      if (after !== null) labels.andWhere('(l.name, l.id) > (:name, :id)', { name: after[0], id: after[1] });
      return pageOf(await labels.getMany(), query.limit, scope, ({ name, id }) => [name, id], labelResponse);
    });
  }

  create(
    admin: OperatorPrincipal,
    inboxId: string,
    { attachToExisting = false, ...fields }: CreateLabel,
  ): Promise<LabelResponse> {
    const { tenantId } = admin;
    return this.database.inTenant(tenantId, async (tx) => {
      await this.inboxes.getVisible(admin, inboxId);
      if (attachToExisting) {
        const inbox = [tenantId, inboxId];
        await rowsOf(tx, LOCK_CONVERSATIONS, inbox);
        await rowsOf(tx, LOCK_INBOX, inbox);
        await rowsOf(tx, LOCK_CONVERSATIONS, inbox);
      }
      const label = { tenantId, id: newId(), inboxId, ...fields };
      await this.labels.insert(label);
      if (attachToExisting) await rowsOf(tx, ATTACH_TO_EXISTING, [tenantId, inboxId, label.id]);
      return labelResponse(await this.getLabel(tenantId, label.id));
    });
  }

  update(admin: OperatorPrincipal, id: string, request: UpdateLabel): Promise<LabelResponse> {
    const { tenantId } = admin;
    return this.database.inTenant(tenantId, async () => {
      await this.labels.update({ tenantId, id }, request);
      return labelResponse(await this.getLabel(tenantId, id));
    });
  }

  /** Also detaches the label from every conversation. */
  delete({ tenantId }: OperatorPrincipal, id: string): Promise<void> {
    return this.database.inTenant(tenantId, async () => {
      const { affected } = await this.labels.delete({ tenantId, id });
      if (affected !== 1) throw new NotFound('label', id);
    });
  }

  private async getLabel(tenantId: string, id: string): Promise<Label> {
    const label = await this.labels.findOneBy({ tenantId, id });
    if (label === null) throw new NotFound('label', id);
    return label;
  }
}
