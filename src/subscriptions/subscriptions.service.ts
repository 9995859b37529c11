import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { And, Equal, MoreThan, type Repository } from 'typeorm';
import { restrictedTo, type OperatorPrincipal, type TenantPrincipal } from '../access/principal.js';
import { recordChange } from '../audit/record-change.js';
import { Distributor } from '../distribution/distributor.js';
import { Database, type Transaction } from '../database/database.js';
import { LOWEST_ID } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';
import { decodeCursor, pageOf, type CursorScope, type Page } from '../http/cursor.js';
import type { PageQuery } from '../http/page-query.js';
import { InboxInactive, NotFound, ValidationFailed } from '../http/problem.js';
import { countRows, withTotal } from '../http/total.js';
import type { Inbox } from '../inboxes/inbox.js';
import { InboxReader } from '../inboxes/inbox-reader.js';
import { Quotas } from '../quotas/quotas.js';
import { MAX_REPLACED, type SubscriptionRequest } from './subscription-request.js';
import { OperatorReader } from '../operators/operator-reader.js';
import {
  LOCK_DISTRIBUTION,
  REPLACE_SUBSCRIPTIONS,
  Subscription,
  subscriptionResponse,
  UNKNOWN_OPERATORS,
  type SubscriptionResponse,
} from './subscription.js';

/** To be counted. $1 tenant, $2 inbox, $3 the only operator to be seen, or null */
const SUBSCRIPTIONS_OF_INBOX = sql`
  select true as is_found from subscriptions s
  where s.tenant_id = $1 and s.inbox_id = $2 and ($3::uuid is null or s.operator_id = $3)
  order by s.operator_id`;

@Injectable()
export class SubscriptionsService {
  constructor(
    private readonly database: Database,
    private readonly distributor: Distributor,
    private readonly inboxes: InboxReader,
    private readonly operators: OperatorReader,
    private readonly quotas: Quotas,
    @InjectRepository(Subscription) private readonly subscriptions: Repository<Subscription>,
  ) {}

  /**
   * An OPERATOR sees only their own subscription. They have none where autoSubscribe applies, or where they only hold
   * a conversation.
   */
  list(caller: TenantPrincipal, inboxId: string, query: PageQuery): Promise<Page<SubscriptionResponse>> {
    const only = restrictedTo(caller);
    const { tenantId } = caller;
    const scope = listScope(tenantId, inboxId, only);
    const after =
      query.cursor === undefined ? LOWEST_ID : String(decodeCursor(scope, query.cursor, ['id'])[0]);
    return this.database.inTenant(tenantId, async (tx) => {
      await this.inboxes.getVisible(caller, inboxId);
      const subscriptions = await this.subscriptions.find({
        where: {
          tenantId,
          inboxId,
          operatorId: only === null ? MoreThan(after) : And(Equal(only), MoreThan(after)),
        },
        order: { operatorId: 'ASC' },
        take: query.limit + 1,
      });
      const page = pageOf(subscriptions, query.limit, scope, cursorOf, subscriptionResponse);
      return withTotal(page, query, () => countRows(tx, SUBSCRIPTIONS_OF_INBOX, [tenantId, inboxId, only]));
    });
  }

  async subscribe(
    manager: OperatorPrincipal,
    inboxId: string,
    request: SubscriptionRequest,
  ): Promise<SubscriptionResponse> {
    const { tenantId } = manager;
    const subscribed = await this.database.inTenant(tenantId, async (tx) => {
      const inbox = await this.lockInbox(tx, tenantId, inboxId);
      if (!inbox.isActive) throw new InboxInactive(inboxId);
      await this.operators.get(tenantId, request.operatorId);
      const { operatorId, weight, maxLoad = null } = request;
      const subscription = this.subscriptions.create({ tenantId, inboxId, operatorId, weight, maxLoad });
      await this.subscriptions.insert(subscription);
      await recordSubscriptions(tx, inbox, [], [subscription]);
      await this.quotas.check(tx, tenantId, 'subscriptions');
      return subscriptionResponse(subscription);
    });
    await this.distributor.afterFreeing(tenantId, { inboxIds: [inboxId] });
    return subscribed;
  }

  /** Replaces the whole list. An unknown or repeated operator rejects the whole request. */
  async replace(
    manager: OperatorPrincipal,
    inboxId: string,
    requests: readonly SubscriptionRequest[],
  ): Promise<Page<SubscriptionResponse>> {
    const { tenantId } = manager;
    const ids = requests.map((request) => request.operatorId.toLowerCase());
    rejectRepeated(ids);
    const list = await this.database.inTenant(tenantId, async (tx) => {
      const inbox = await this.lockInbox(tx, tenantId, inboxId);
      const [unknown] = await rowsOf<{ operator_id: string }>(tx, UNKNOWN_OPERATORS, [tenantId, ids]);
      if (unknown !== undefined) throw new NotFound('operator', unknown.operator_id);
      const weights = requests.map((request) => request.weight);
      const capacities = requests.map((request) => request.maxLoad ?? null);
      const before = await this.subscriptions.findBy({ tenantId, inboxId });
      const subscribed = new Set(before.map(({ operatorId }) => operatorId));
      if (!inbox.isActive && ids.some((id) => !subscribed.has(id))) throw new InboxInactive(inboxId);
      await rowsOf(tx, REPLACE_SUBSCRIPTIONS, [tenantId, inboxId, ids, weights, capacities]);
      const subscriptions = await this.subscriptions.find({
        where: { tenantId, inboxId },
        order: { operatorId: 'ASC' },
        take: MAX_REPLACED + 1,
      });
      await recordSubscriptions(tx, inbox, before, subscriptions);
      if (requests.length > before.length) await this.quotas.check(tx, tenantId, 'subscriptions');
      // With autoSubscribe an allocation can add an operator meanwhile. The cursor then leads to them.
      const scope = listScope(tenantId, inboxId, null);
      return pageOf(subscriptions, MAX_REPLACED, scope, cursorOf, subscriptionResponse);
    });
    await this.distributor.afterFreeing(tenantId, { inboxIds: [inboxId] });
    return list;
  }

  unsubscribe(manager: OperatorPrincipal, inboxId: string, operatorId: string): Promise<void> {
    const { tenantId } = manager;
    return this.database.inTenant(tenantId, async (tx) => {
      const inbox = await this.lockInbox(tx, tenantId, inboxId);
      const before = await this.subscriptions.findOneBy({ tenantId, inboxId, operatorId });
      if (before === null) throw new NotFound('subscription of operator', operatorId);
      await this.subscriptions.delete({ tenantId, inboxId, operatorId });
      await recordSubscriptions(tx, inbox, [before], []);
    });
  }

  private async lockInbox(tx: Transaction, tenantId: string, inboxId: string): Promise<Inbox> {
    await rowsOf(tx, LOCK_DISTRIBUTION, [tenantId, inboxId]);
    return this.inboxes.get(tenantId, inboxId);
  }
}

/** Audits the subscriptions that differ, in one entry of the inbox. */
async function recordSubscriptions(
  tx: Transaction,
  inbox: Inbox,
  before: readonly Subscription[],
  after: readonly Subscription[],
): Promise<void> {
  const [was, is] = [termsOf(before), termsOf(after)];
  for (const [operatorId, terms] of was)
    if (JSON.stringify(is.get(operatorId)) === JSON.stringify(terms)) {
      was.delete(operatorId);
      is.delete(operatorId);
    }
  const { tenantId, id, name } = inbox;
  const changed = (terms: typeof was) => ({ id, name, subscriptions: Object.fromEntries(terms) });
  await recordChange(tx, tenantId, 'inbox.subscriptions-changed', changed(was), changed(is));
}

/** By the operator. */
function termsOf(
  subscriptions: readonly Subscription[],
): Map<string, { weight: number; maxLoad: number | null }> {
  return new Map(
    subscriptions.map(({ operatorId, weight, maxLoad }) => [operatorId.toLowerCase(), { weight, maxLoad }]),
  );
}

function listScope(tenantId: string, inboxId: string, only: string | null): CursorScope {
  return ['subscriptions', tenantId, inboxId, only];
}

function cursorOf({ operatorId }: Subscription): string[] {
  return [operatorId];
}

function rejectRepeated(ids: readonly string[]): void {
  const seen = new Set<string>();
  for (const [place, id] of ids.entries()) {
    if (seen.has(id)) {
      const message = `operator ${id} is in the list more than once`;
      throw new ValidationFailed([{ field: `${place}.operatorId`, message }]);
    }
    seen.add(id);
  }
}
