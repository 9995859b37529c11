import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { OperatorPrincipal } from '../access/principal.js';
import { recordChange, type Subject } from '../audit/record-change.js';
import { Database, type Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';
import { Distributor } from '../distribution/distributor.js';
import { actorOf } from '../ledger/actor.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import { Quotas } from '../quotas/quotas.js';
import { Jobs } from '../scheduling/jobs.js';
import { changeStatus, lockOperator, type StatusChange } from './change-status.js';
import { keepAnAdmin } from './last-admin.js';
import { LeftBehind, type UpdatedOperator } from './left-behind.js';
import { OperatorRelease } from './operator-release.js';
import { OperatorReader } from './operator-reader.js';
import type { CreateOperator, UpdateOperator } from './operator-requests.js';
import { Operator, type OperatorResponse } from './operator.js';
import { RELEASE_BATCH, releaseConversations } from './release-conversations.js';

const DEFAULT_MAX_LOAD = sql`select default_max_load from tenants where id = $1`;

/** An operator who was updated, and what remains to be done after the COMMIT. */
export interface Update {
  readonly operator: UpdatedOperator;
  /** The operator when they may have more capacity than before. A lower maxLoad is no matter: distribution checks it. */
  readonly freedId: string | null;
  /** The inboxes of conversations that are QUEUED again. */
  readonly inboxIds: readonly string[];
}

/** Creates and updates operators in the transaction of the caller, each with its audit entry. */
@Injectable()
export class OperatorChanges {
  constructor(
    private readonly database: Database,
    private readonly distributor: Distributor,
    private readonly reader: OperatorReader,
    private readonly leftBehind: LeftBehind,
    private readonly jobs: Jobs,
    private readonly quotas: Quotas,
    @InjectRepository(Operator) private readonly operators: Repository<Operator>,
  ) {}

  async create(tx: Transaction, tenantId: string, request: CreateOperator): Promise<OperatorResponse> {
    const id = newId();
    const maxLoad = request.maxLoad === undefined ? await defaultMaxLoad(tx, tenantId) : request.maxLoad;
    await this.operators.insert({ role: 'OPERATOR', ...request, tenantId, id, maxLoad });
    const created = await this.reader.response(tenantId, id);
    await recordChange(tx, tenantId, 'operator.created', null, created);
    if (created.isActive) await this.quotas.check(tx, tenantId, 'operators');
    return created;
  }

  /**
   * Updates the fields given. A deactivated operator goes OFFLINE and loses their conversations at once; of more than a
   * batch the job queues the rest again.
   */
  async update(
    tx: Transaction,
    admin: OperatorPrincipal,
    operatorId: string,
    { revokeKeys = false, ...request }: UpdateOperator,
  ): Promise<Update> {
    const { tenantId } = admin;
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
    const freedId = request.maxLoad === undefined ? null : operatorId;
    return { operator: { ...operator, ...left }, freedId, inboxIds };
  }

  /** Call it after the transaction, or at its end inside of `atomically`. */
  async afterUpdate(tenantId: string, { freedId, inboxIds }: Update): Promise<void> {
    if (inboxIds.length === RELEASE_BATCH)
      await this.database.afterCommit(() => this.jobs.soon(OperatorRelease));
    await this.distributor.afterFreeing(tenantId, { operatorId: freedId, inboxIds });
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
