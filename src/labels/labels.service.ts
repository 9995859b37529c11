import { Injectable, Logger } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import { recordChange } from '../audit/record-change.js';
import { InboxReader } from '../inboxes/inbox-reader.js';
import { Database } from '../database/database.js';
import { LOWEST_ID, newId } from '../database/id.js';
import { LOCK_ROW } from '../database/lock-row.js';
import { sql } from '../database/statement.js';
import { decodeCursor, pageOf, type Page } from '../http/cursor.js';
import type { PageQuery } from '../http/page-query.js';
import { NotFound } from '../http/problem.js';
import { countRows, withTotal } from '../http/total.js';
import { Jobs } from '../scheduling/jobs.js';
import { LabelChanges } from './label-changes.js';
import { Quotas } from '../quotas/quotas.js';
import type { CreateLabel, UpdateLabel } from './label-requests.js';
import { Label, labelResponse, type LabelResponse } from './label.js';

/** To be counted. */
const LABELS_OF_INBOX = sql`
  select true as is_found from labels l where l.tenant_id = $1 and l.inbox_id = $2 and l.deleted_at is null`;

@Injectable()
export class LabelsService {
  private readonly logger = new Logger(LabelsService.name);

  constructor(
    private readonly database: Database,
    private readonly inboxes: InboxReader,
    private readonly changes: LabelChanges,
    private readonly jobs: Jobs,
    private readonly quotas: Quotas,
    @InjectRepository(Label) private readonly labels: Repository<Label>,
  ) {}

  /** By name. OPERATORs see the labels of inboxes that they can allocate from or hold a conversation of. */
  list(caller: TenantPrincipal, inboxId: string, query: PageQuery): Promise<Page<LabelResponse>> {
    const { tenantId } = caller;
    const scope = ['labels', tenantId, inboxId];
    const after = query.cursor === undefined ? null : decodeCursor(scope, query.cursor, ['text', 'id']);
    return this.database.inTenant(tenantId, async (tx) => {
      await this.inboxes.getVisible(caller, inboxId);
      const labels = this.labels
        .createQueryBuilder('l')
        .where({ tenantId, inboxId })
        .orderBy('l.name')
        .addOrderBy('l.id')
        .take(query.limit + 1);
      if (after !== null) labels.andWhere('(l.name, l.id) > (:name, :id)', { name: after[0], id: after[1] });
      const rows = await labels.getMany();
      const page = pageOf(rows, query.limit, scope, ({ name, id }) => [name, id], labelResponse);
      return withTotal(page, query, () => countRows(tx, LABELS_OF_INBOX, [tenantId, inboxId]));
    });
  }

  /** With `attachToExisting` it is attached in batches after the COMMIT, and the response says whether that goes on. */
  async create(
    admin: OperatorPrincipal,
    inboxId: string,
    { attachToExisting = false, ...fields }: CreateLabel,
  ): Promise<LabelResponse> {
    const { tenantId } = admin;
    const id = newId();
    const attachedUpTo = attachToExisting ? LOWEST_ID : null;
    const created = await this.database.inTenant(tenantId, async (tx) => {
      await this.inboxes.getVisible(admin, inboxId);
      await this.labels.insert({
        tenantId,
        id,
        inboxId,
        attachedUpTo,
        createdBy: admin.operatorId,
        ...fields,
      });
      const label = await this.getLabel(tenantId, id);
      await recordChange(tx, tenantId, 'label.created', null, label);
      await this.quotas.check(tx, tenantId, 'labels');
      return labelResponse(label);
    });
    if (!attachToExisting) return created;
    await this.carryOut(tenantId, id);
    // Inside of a larger transaction nothing is attached yet.
    if (this.database.isInTransaction) return created;
    const now = await this.database.inTenant(tenantId, () => this.labels.findOneBy({ tenantId, id }));
    // Somebody may have deleted it meanwhile.
    return now === null ? created : labelResponse(now);
  }

  update(admin: OperatorPrincipal, id: string, request: UpdateLabel): Promise<LabelResponse> {
    const { tenantId } = admin;
    return this.database.inTenant(tenantId, async (tx) => {
      const before = await this.getLabel(tenantId, id, LOCK_ROW);
      await this.labels.update({ tenantId, id }, request);
      const label = await this.getLabel(tenantId, id);
      await recordChange(tx, tenantId, 'label.updated', before, label);
      return labelResponse(label);
    });
  }

  /** It is gone at once, everywhere. Its attachments, which nobody sees, are deleted in batches. */
  async delete({ tenantId }: OperatorPrincipal, id: string): Promise<void> {
    await this.database.inTenant(tenantId, async (tx) => {
      const label = await this.getLabel(tenantId, id, LOCK_ROW);
      await this.labels.softDelete({ tenantId, id });
      await recordChange(tx, tenantId, 'label.deleted', label, null);
    });
    await this.carryOut(tenantId, id);
  }

  /** A failure is only logged, because the change itself is done; the job tries again. */
  private async carryOut(tenantId: string, labelId: string): Promise<void> {
    await this.database.afterCommit(async () => {
      try {
        if (await this.changes.begin(tenantId, labelId)) this.jobs.soon(LabelChanges);
      } catch (error) {
        this.logger.warn(
          { err: error, tenantId, labelId },
          'a label change is not finished; the job tries again',
        );
      }
    });
  }

  private async getLabel(tenantId: string, id: string, lock: typeof LOCK_ROW | object = {}): Promise<Label> {
    const label = await this.labels.findOne({ where: { tenantId, id }, ...lock });
    if (label === null) throw new NotFound('label', id);
    return label;
  }
}
