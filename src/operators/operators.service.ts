import { Injectable } from '@nestjs/common';
import { MoreThan } from 'typeorm';
import { seesWholeTenant, type OperatorPrincipal, type TenantPrincipal } from '../access/principal.js';
import { Database, type Transaction } from '../database/database.js';
import { LOWEST_ID, newId } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import { Distributor } from '../distribution/distributor.js';
import { decodeCursor, pageOf, type Page } from '../http/cursor.js';
import type { PageQuery } from '../http/page-query.js';
import { NotFound, Problem } from '../http/problem.js';
import { changeStatus, lockOperator } from './change-status.js';
import { releaseConversations } from './release-conversations.js';
import type { CreateOperator, UpdateOperator } from './operator-requests.js';
import { Operator, operatorResponse, type OperatorResponse } from './operator.js';

const DEFAULT_MAX_LOAD = sql`select default_max_load from tenants where id = $1`;

@Injectable()
export class OperatorsService {
  constructor(
    private readonly database: Database,
    private readonly distributor: Distributor,
  ) {}

  create(admin: OperatorPrincipal, request: CreateOperator): Promise<OperatorResponse> {
    return this.database.inTenant(admin.tenantId, async (tx) => {
      const id = newId();
      const maxLoad =
        request.maxLoad === undefined ? await defaultMaxLoad(tx, admin.tenantId) : request.maxLoad;
      await tx.insert(Operator, { role: 'OPERATOR', ...request, tenantId: admin.tenantId, id, maxLoad });
      return operatorResponse(await findOperator(tx, admin.tenantId, id));
    });
  }

  list(caller: TenantPrincipal, query: PageQuery): Promise<Page<OperatorResponse>> {
    const scope = ['operators', caller.tenantId];
    const after =
      query.cursor === undefined ? LOWEST_ID : String(decodeCursor(scope, query.cursor, ['id'])[0]);
    return this.database.inTenant(caller.tenantId, async (tx) => {
      const operators = await tx.find(Operator, {
        where: { tenantId: caller.tenantId, id: MoreThan(after) },
        order: { id: 'ASC' },
        take: query.limit + 1,
      });
      return pageOf(operators, query.limit, scope, (operator) => [operator.id], operatorResponse);
    });
  }

  get(caller: TenantPrincipal, id: string): Promise<OperatorResponse> {
    onlyOwn(caller, id);
    return this.database.inTenant(caller.tenantId, async (tx) =>
      operatorResponse(await findOperator(tx, caller.tenantId, id)),
    );
  }

  /** Changes an operator; one who is deactivated goes OFFLINE and loses what they hold at once. */
  async update(
    admin: OperatorPrincipal,
    operatorId: string,
    request: UpdateOperator,
  ): Promise<OperatorResponse> {
    const { tenantId } = admin;
    const { answer, inboxIds } = await this.database.inTenant(tenantId, async (tx) => {
      let inboxIds: string[] = [];
      // What the operator holds waits again: the ranking comes before the operator (docs/adr/0003).
      if (request.isActive === false) await rowsOf(tx, SHARE_RANKING, [tenantId]);
      const before = await lockOperator(tx, tenantId, operatorId);
      if (request.isActive === false) {
        inboxIds = await releaseConversations(tx, tenantId, operatorId);
        if (before.availability === 'AVAILABLE') await changeStatus(tx, admin, operatorId, 'OFFLINE');
      }
      await tx.update(Operator, { tenantId, id: operatorId }, { ...request, updatedAt: () => 'now()' });
      return { answer: operatorResponse(await findOperator(tx, tenantId, operatorId)), inboxIds };
    });
    // A raised maxLoad makes room; a lowered one makes none, and that is seen where it is looked at.
    await this.distributor.afterFreeing(tenantId, {
      operatorId: request.maxLoad === undefined ? null : operatorId,
      inboxIds,
    });
    return answer;
  }
}

export async function findOperator(tx: Transaction, tenantId: string, id: string): Promise<Operator> {
  const operator = await tx.findOneBy(Operator, { tenantId, id });
  if (operator === null) throw new NotFound('operator', id);
  return operator;
}

/** An OPERATOR looks at and changes only what is their own; whether the other one exists is not said. */
export function onlyOwn(caller: TenantPrincipal, operatorId: string): void {
  if (caller.kind === 'operator' && !seesWholeTenant(caller) && caller.operatorId !== operatorId) {
    throw new Problem('FORBIDDEN', 'As an OPERATOR you may do this only for yourself.');
  }
}

async function defaultMaxLoad(tx: Transaction, tenantId: string): Promise<number | null> {
  const [tenant] = await rowsOf<{ default_max_load: number | null }>(tx, DEFAULT_MAX_LOAD, [tenantId]);
  return tenant?.default_max_load ?? null;
}
