import { Injectable } from '@nestjs/common';
import { rightOf, type TenantPrincipal } from '../access/principal.js';
import { requireScope } from '../access/require-scope.js';
import { ConversationReader } from '../conversations/conversation-reader.js';
import { Database, type Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf } from '../database/statement.js';
import { NotFound, Problem, QuotaExceeded, ValidationFailed } from '../http/problem.js';
import { actorOf } from '../ledger/actor.js';
import { Jobs } from '../scheduling/jobs.js';
import { scopesOfAction } from './bulk-actions.js';
import { BulkPlanner, checkAction, type PlannedItem } from './bulk-planner.js';
import { MOST_ITEMS, type BulkAction, type BulkRequest, type BulkSelect } from './bulk-requests.js';
import { bulkPlan, type BulkPlan } from './bulk-responses.js';
import { BulkRuns } from './bulk-runs.js';
import {
  CANCEL_PLAN,
  COUNT_OPEN_PLANS,
  INSERT_ITEMS,
  INSERT_PLAN,
  READ_ITEMS,
  READ_PLAN,
  START_BULK,
  type ItemRow,
  type PlanRow,
} from './bulk-statements.js';

/** How long a plan can be run: so long somebody may look at it first. */
const PLAN_MINUTES = 15;
/** The most plans of a tenant that can be run. */
const MOST_OPEN_PLANS = 100;

@Injectable()
export class BulkService {
  constructor(
    private readonly database: Database,
    private readonly conversations: ConversationReader,
    private readonly planner: BulkPlanner,
    private readonly jobs: Jobs,
  ) {}

  /** Plans, runs a plan, or does both. */
  async request(caller: TenantPrincipal, request: BulkRequest): Promise<BulkPlan> {
    const { planId, select, action, dryRun = false, reason = null } = request;
    if (planId !== undefined) {
      const beside = Object.entries(request).flatMap(([field, value]) =>
        field !== 'planId' && value !== undefined
          ? [{ field, message: `${field} must be missing with planId` }]
          : [],
      );
      if (beside.length > 0) throw new ValidationFailed(beside);
      return this.run(caller, planId);
    }
    if (select === undefined || action === undefined) {
      const field = select === undefined ? 'select' : 'action';
      throw new ValidationFailed([{ field, message: `${field} is needed without planId` }]);
    }
    checkSelect(select);
    checkAction(action);
    requireScopeOf(caller, action);
    const plan = await this.database.inTenant(caller.tenantId, async (tx) => {
      const made = await this.plan(tx, caller, select, action, reason);
      return dryRun ? made : start(tx, caller, made.planId);
    });
    return dryRun ? plan : this.started(plan);
  }

  /** @throws NOT_FOUND, PLAN_USED, PLAN_EXPIRED, BULK_RUNNING */
  private async run(caller: TenantPrincipal, planId: string): Promise<BulkPlan> {
    const plan = await this.database.inTenant(caller.tenantId, async (tx) => {
      requireScopeOf(caller, (await read(tx, caller.tenantId, planId)).action);
      return start(tx, caller, planId);
    });
    return this.started(plan);
  }

  /** Call it after the transaction that started it. */
  private async started(plan: BulkPlan): Promise<BulkPlan> {
    await this.database.afterCommit(() => this.jobs.soon(BulkRuns));
    return plan;
  }

  /** How far it is. */
  get({ tenantId }: TenantPrincipal, planId: string): Promise<BulkPlan> {
    return this.database.inTenant(tenantId, (tx) => read(tx, tenantId, planId));
  }

  /** What is not done yet is not done any more. A bulk that is over stays as it is. */
  cancel({ tenantId }: TenantPrincipal, planId: string): Promise<BulkPlan> {
    return this.database.inTenant(tenantId, async (tx) => {
      await rowsOf(tx, CANCEL_PLAN, [tenantId, planId]);
      return read(tx, tenantId, planId);
    });
  }

  private async plan(
    tx: Transaction,
    caller: TenantPrincipal,
    select: BulkSelect,
    action: BulkAction,
    reason: string | null,
  ): Promise<BulkPlan> {
    const { tenantId } = caller;
    const [counted] = await rowsOf<{ open: number }>(tx, COUNT_OPEN_PLANS, [tenantId, MOST_OPEN_PLANS]);
    if (counted?.open === MOST_OPEN_PLANS)
      throw new QuotaExceeded('bulk plans that can be run', MOST_OPEN_PLANS);
    const items = await this.planner.plan(tx, caller, action, await this.selected(tenantId, select));
    const planId = newId();
    await rowsOf(tx, INSERT_PLAN, [tenantId, planId, action, reason, PLAN_MINUTES]);
    await rowsOf(tx, INSERT_ITEMS, [tenantId, planId, ...columnsOf(items)]);
    return read(tx, tenantId, planId);
  }

  /** @throws TOO_MANY_SELECTED */
  private async selected(tenantId: string, { ids, filters = {} }: BulkSelect): Promise<string[]> {
    if (ids !== undefined) return ids;
    const found = await this.conversations.select(tenantId, filters, MOST_ITEMS + 1);
    if (found.length > MOST_ITEMS) {
      throw new Problem(
        'TOO_MANY_SELECTED',
        `More than ${MOST_ITEMS} conversations match the filters. Select fewer, or one part after the other.`,
        { limit: MOST_ITEMS },
      );
    }
    return found;
  }
}

async function start(tx: Transaction, caller: TenantPrincipal, planId: string): Promise<BulkPlan> {
  const { tenantId } = caller;
  const actor = actorOf(caller);
  const values = [tenantId, planId, actor.type, actor.id, rightOf(caller)];
  const [row] = await rowsOf<{ refusal: string | null; running_id: string | null }>(tx, START_BULK, values);
  if (row === undefined) throw new Error('start_bulk returned no row');
  if (row.refusal !== null) throw startRefusal(row.refusal, planId, row.running_id);
  return read(tx, tenantId, planId);
}

function checkSelect({ ids, filters }: BulkSelect): void {
  if ((ids === undefined) === (filters === undefined)) {
    throw new ValidationFailed([{ field: 'select', message: 'select has either ids or filters' }]);
  }
  if (filters !== undefined && Object.values(filters).every((value) => value === undefined)) {
    throw new ValidationFailed([{ field: 'select.filters', message: 'select.filters must have a filter' }]);
  }
}

function requireScopeOf(caller: TenantPrincipal, { type }: BulkAction): void {
  if (caller.kind === 'service') requireScope(caller, scopesOfAction(type));
}

function startRefusal(refusal: string, planId: string, runningId: string | null): Problem {
  switch (refusal) {
    case 'NOT_FOUND':
      return new NotFound('bulk', planId);
    case 'PLAN_USED':
      return new Problem('PLAN_USED', `Plan ${planId} was run or cancelled. Make another one.`);
    case 'PLAN_EXPIRED':
      return new Problem(
        'PLAN_EXPIRED',
        `Plan ${planId} is older than ${PLAN_MINUTES} minutes. Make another one.`,
      );
    case 'BULK_RUNNING':
      return new Problem('BULK_RUNNING', `Bulk ${runningId} runs. Wait until it is done, or cancel it.`, {
        planId: runningId,
      });
    default:
      throw new Error(`unknown refusal ${refusal} of start_bulk`);
  }
}

/** @throws NOT_FOUND */
async function read(tx: Transaction, tenantId: string, planId: string): Promise<BulkPlan> {
  const [plan] = await rowsOf<PlanRow>(tx, READ_PLAN, [tenantId, planId]);
  if (plan === undefined) throw new NotFound('bulk', planId);
  return bulkPlan(plan, await rowsOf<ItemRow>(tx, READ_ITEMS, [tenantId, planId]));
}

function columnsOf(items: readonly PlannedItem[]): unknown[][] {
  return [
    items.map(({ id }) => id),
    items.map(({ version }) => version),
    items.map(({ would }) => would?.state ?? null),
    items.map(({ would }) => would?.operatorId ?? null),
    items.map(({ would }) => would?.inboxId ?? null),
    items.map(({ would }) => would?.changes ?? null),
    items.map(({ refusal }) => refusal),
  ];
}
