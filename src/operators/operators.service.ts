import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, type Repository } from 'typeorm';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import { recordChange, type Subject } from '../audit/record-change.js';
import { Database, type Transaction } from '../database/database.js';
import { LOWEST_ID, newId } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import { Distributor } from '../distribution/distributor.js';
import { decodeCursor, pageOf, type Page } from '../http/cursor.js';
import type { PageQuery } from '../http/page-query.js';
import { ValidationFailed } from '../http/problem.js';
import { Quotas } from '../quotas/quotas.js';
import { actorOf } from '../ledger/actor.js';
import { changeStatus, lockOperator, type StatusChange } from './change-status.js';
import { LeftBehind, type UpdatedOperator } from './left-behind.js';
import { keepAnAdmin } from './last-admin.js';
import { Jobs } from '../scheduling/jobs.js';
import { OperatorRelease } from './operator-release.js';
import { RELEASE_BATCH, releaseConversations } from './release-conversations.js';
import type { CreateOperator, UpdateOperator } from './operator-requests.js';
import { OperatorReader } from './operator-reader.js';
import { Operator, operatorResponse, type OperatorResponse } from './operator.js';

const DEFAULT_MAX_LOAD = sql`select default_max_load from tenants where id = $1`;

@Injectable()
export class OperatorsService {
  constructor(
    private readonly database: Database,
    private readonly distributor: Distributor,
    private readonly reader: OperatorReader,
    private readonly leftBehind: LeftBehind,
    private readonly jobs: Jobs,
    private readonly quotas: Quotas,
    @InjectRepository(Operator) private readonly operators: Repository<Operator>,
  ) {}

  create(admin: OperatorPrincipal, request: CreateOperator): Promise<OperatorResponse> {
    return this.database.inTenant(admin.tenantId, async (tx) => {
      const id = newId();
      const maxLoad =
        request.maxLoad === undefined ? await defaultMaxLoad(tx, admin.tenantId) : request.maxLoad;
      await this.operators.insert({ role: 'OPERATOR', ...request, tenantId: admin.tenantId, id, maxLoad });
      const created = await this.reader.response(admin.tenantId, id);
      await recordChange(tx, admin.tenantId, 'operator.created', null, created);
      if (created.isActive) await this.quotas.check(tx, admin.tenantId, 'operators');
      return created;
    });
  }

  list(caller: TenantPrincipal, query: PageQuery): Promise<Page<OperatorResponse>> {
    const scope = ['operators', caller.tenantId];
    const after =
      query.cursor === undefined ? LOWEST_ID : String(decodeCursor(scope, query.cursor, ['id'])[0]);
    return this.database.inTenant(caller.tenantId, async () => {
      const operators = await this.operators.find({
        where: { tenantId: caller.tenantId, id: MoreThan(after) },
        order: { id: 'ASC' },
        take: query.limit + 1,
      });
      const releasing = await this.reader.releasing(caller.tenantId, operators);
      return pageOf(
        operators,
        query.limit,
        scope,
        ({ id }) => [id],
        (operator) => operatorResponse(operator, releasing.has(operator.id)),
      );
    });
  }

  get(caller: TenantPrincipal, id: string): Promise<OperatorResponse> {
    this.reader.requireOwn(caller, id);
    return this.database.inTenant(caller.tenantId, () => this.reader.response(caller.tenantId, id));
  }

  /**
   * Updates an operator. A deactivated operator goes OFFLINE and loses their conversations at once; of more than a batch
   * the job queues the rest again.
   */
  async update(
    admin: OperatorPrincipal,
    operatorId: string,
    { revokeKeys = false, ...request }: UpdateOperator,
  ): Promise<UpdatedOperator> {
    const { tenantId } = admin;
    if (revokeKeys && request.isActive !== false) {
      const message = 'revokeKeys needs isActive: false';
      throw new ValidationFailed([{ field: 'revokeKeys', message }]);
    }
    const { operator, inboxIds } = await this.database.inTenant(tenantId, async (tx) => {
      let inboxIds: string[] = [];
      // The held conversations become QUEUED. The ranking is locked before the operator (docs/adr/0003).
      if (request.isActive === false) await rowsOf(tx, SHARE_RANKING, [tenantId]);
      await keepAnAdmin(tx, tenantId, operatorId, request);
      await lockOperator(tx, tenantId, operatorId);
      const before = await this.reader.get(tenantId, operatorId);
      if (request.isActive === false) {
        inboxIds = await releaseConversations(tx, tenantId, operatorId);
        if (before.availability !== 'OFFLINE') await changeStatus(tx, tenantId, goneFor(admin, operatorId));
      }
      await this.operators.update({ tenantId, id: operatorId }, request);
      const operator = await this.reader.response(tenantId, operatorId);
      await recordChange<Subject>(tx, tenantId, 'operator.updated', before, operator);
      if (operator.isActive && !before.isActive) await this.quotas.check(tx, tenantId, 'operators');
      const left =
        request.isActive === false ? await this.leftBehind.of(tx, admin, operatorId, revokeKeys) : {};
      return { operator: { ...operator, ...left }, inboxIds };
    });
    if (inboxIds.length === RELEASE_BATCH)
      await this.database.afterCommit(() => this.jobs.soon(OperatorRelease));
    // A higher maxLoad frees capacity. A lower one does not, and distribution checks for that itself.
    await this.distributor.afterFreeing(tenantId, {
      operatorId: request.maxLoad === undefined ? null : operatorId,
      inboxIds,
    });
    return operator;
  }
}

/** A deactivated operator is OFFLINE. */
function goneFor(admin: OperatorPrincipal, operatorId: string): StatusChange {
  const who = admin.operatorId === operatorId ? 'The operator' : 'A colleague';
  const why = `${who} set the status to OFFLINE`;
  return { operatorId, status: 'OFFLINE', reason: null, next: null, actor: actorOf(admin), why };
}

async function defaultMaxLoad(tx: Transaction, tenantId: string): Promise<number | null> {
  const [tenant] = await rowsOf<{ default_max_load: number | null }>(tx, DEFAULT_MAX_LOAD, [tenantId]);
  return tenant?.default_max_load ?? null;
}
