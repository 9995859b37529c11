import { Injectable } from '@nestjs/common';
import { seesWholeTenant, type OperatorPrincipal, type TenantPrincipal } from '../access/principal.js';
import { Distributor } from '../distribution/distributor.js';
import { Database, type Transaction } from '../database/database.js';
import { LOWEST_ID } from '../database/id.js';
import { rowsOf } from '../database/statement.js';
import { decodeCursor, pageOf, type CursorScope, type Page } from '../http/cursor.js';
import type { PageQuery } from '../http/page-query.js';
import { NotFound, ValidationFailed } from '../http/problem.js';
import { findInbox } from '../inboxes/inboxes.service.js';
import { requireVisibleInbox } from '../inboxes/visible-inbox.js';
import { MAX_REPLACED, type SubscriptionRequest } from './subscription-request.js';
import { findOperator } from '../operators/operators.service.js';
import {
  LIST_SUBSCRIPTIONS,
  LOCK_DISTRIBUTION,
  REPLACE_SUBSCRIPTIONS,
  SUBSCRIBE,
  subscriptionResponse,
  UNKNOWN_OPERATORS,
  UNSUBSCRIBE,
  type SubscriptionResponse,
  type SubscriptionRow,
} from './subscription.js';
@Injectable()
export class SubscriptionsService {
  constructor(
    private readonly database: Database,
    private readonly distributor: Distributor,
  ) {}

  /** An OPERATOR sees their own subscription only; none where they may take without one, or only hold. */
  list(caller: TenantPrincipal, inboxId: string, query: PageQuery): Promise<Page<SubscriptionResponse>> {
    const only = caller.kind === 'operator' && !seesWholeTenant(caller) ? caller.operatorId : null;
    const scope = listScope(caller.tenantId, inboxId, only);
    const after = query.cursor === undefined ? LOWEST_ID : decodeCursor(scope, query.cursor, ['id'])[0];
    return this.database.inTenant(caller.tenantId, async (tx) => {
      await requireVisibleInbox(tx, caller, inboxId);
      const rows = await rowsOf<SubscriptionRow>(tx, LIST_SUBSCRIPTIONS, [
        caller.tenantId,
        inboxId,
        after,
        only,
        query.limit + 1,
      ]);
      return pageOf(rows, query.limit, scope, (row) => [row.operator_id], subscriptionResponse);
    });
  }

  async subscribe(
    manager: OperatorPrincipal,
    inboxId: string,
    request: SubscriptionRequest,
  ): Promise<SubscriptionResponse> {
    const { tenantId } = manager;
    const subscribed = await this.database.inTenant(tenantId, async (tx) => {
      await lockInbox(tx, tenantId, inboxId);
      await findOperator(tx, tenantId, request.operatorId);
      const values = [tenantId, inboxId, request.operatorId, request.weight];
      const [row] = await rowsOf<SubscriptionRow>(tx, SUBSCRIBE, values);
      if (row === undefined) throw new Error('an insert returned nothing');
      return subscriptionResponse(row);
    });
    await this.distributor.afterFreeing(tenantId, { inboxIds: [inboxId] });
    return subscribed;
  }

  /** Takes the whole list; one unknown or repeated operator and nothing changes. */
  async replace(
    manager: OperatorPrincipal,
    inboxId: string,
    requests: readonly SubscriptionRequest[],
  ): Promise<Page<SubscriptionResponse>> {
    const { tenantId } = manager;
    const ids = requests.map((request) => request.operatorId.toLowerCase());
    refuseRepeated(ids);
    const list = await this.database.inTenant(tenantId, async (tx) => {
      await lockInbox(tx, tenantId, inboxId);
      const [unknown] = await rowsOf<{ operator_id: string }>(tx, UNKNOWN_OPERATORS, [tenantId, ids]);
      if (unknown !== undefined) throw new NotFound('operator', unknown.operator_id);
      const weights = requests.map((request) => request.weight);
      await rowsOf(tx, REPLACE_SUBSCRIPTIONS, [tenantId, inboxId, ids, weights]);
      const values = [tenantId, inboxId, LOWEST_ID, null, MAX_REPLACED + 1];
      const rows = await rowsOf<SubscriptionRow>(tx, LIST_SUBSCRIPTIONS, values);
      // Where taking subscribes, somebody else may have come in meanwhile: then the cursor leads to them.
      const scope = listScope(tenantId, inboxId, null);
      return pageOf(rows, MAX_REPLACED, scope, (row) => [row.operator_id], subscriptionResponse);
    });
    await this.distributor.afterFreeing(tenantId, { inboxIds: [inboxId] });
    return list;
  }

  unsubscribe(manager: OperatorPrincipal, inboxId: string, operatorId: string): Promise<void> {
    const { tenantId } = manager;
    return this.database.inTenant(tenantId, async (tx) => {
      await lockInbox(tx, tenantId, inboxId);
      const removed = await rowsOf(tx, UNSUBSCRIBE, [tenantId, inboxId, operatorId]);
      if (removed.length === 0) throw new NotFound('subscription of operator', operatorId);
    });
  }
}

function listScope(tenantId: string, inboxId: string, only: string | null): CursorScope {
  return ['subscriptions', tenantId, inboxId, only];
}

function refuseRepeated(ids: readonly string[]): void {
  const seen = new Set<string>();
  for (const [place, id] of ids.entries()) {
    if (seen.has(id)) {
      const message = `operator ${id} is in the list more than once`;
      throw new ValidationFailed([{ field: `${place}.operatorId`, message }]);
    }
    seen.add(id);
  }
}

async function lockInbox(tx: Transaction, tenantId: string, inboxId: string): Promise<void> {
  await rowsOf(tx, LOCK_DISTRIBUTION, [tenantId, inboxId]);
  await findInbox(tx, tenantId, inboxId);
}
