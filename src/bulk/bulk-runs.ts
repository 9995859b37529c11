import { Inject, Injectable } from '@nestjs/common';
import type { Role, TenantPrincipal } from '../access/principal.js';
import { AllocationService } from '../allocation/allocation.service.js';
import { SupervisionService } from '../allocation/supervision.service.js';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { BoostsService } from '../conversations/boosts.service.js';
import { ConversationLabelsService } from '../conversations/conversation-labels.service.js';
import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { Problem, type ProblemCode } from '../http/problem.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';
import { FINISH_ITEM, TAKE_ITEM, type TakenItem } from './bulk-statements.js';

/** This calls a function because it reads across tenants. */
const TENANTS_WITH_RUNNING_BULKS = sql`select tenants_with_running_bulks() as tenant_id`;

/** What a refused item has done until its refusal is undone, and the transaction goes on. */
const BEGIN_ITEM = sql`savepoint item`;
const UNDO_ITEM = sql`rollback to savepoint item`;

/**
 * Carries out the bulks that run, one conversation after the other: each by the action on one conversation, in a
 * transaction of its own, which also records its outcome. So after a crash another run goes on with the next one, and
 * none is done twice. What has another version than the plan saw is refused.
 */
@ScheduledJob()
@Injectable()
export class BulkRuns implements TenantJob {
  readonly name = 'bulk-runs';
  readonly intervalSeconds: number;
  readonly tenants = TENANTS_WITH_RUNNING_BULKS;
  /** Several in a transaction would lock operators after conversations. */
  readonly most = 1;

  constructor(
    private readonly allocation: AllocationService,
    private readonly supervision: SupervisionService,
    private readonly boosts: BoostsService,
    private readonly labels: ConversationLabelsService,
    @Inject(ENVIRONMENT) environment: Environment,
  ) {
    this.intervalSeconds = environment.unfinishedChangesIntervalSeconds;
  }

  async batch(tx: Transaction, tenantId: string): Promise<number> {
    const [item] = await rowsOf<TakenItem>(tx, TAKE_ITEM, [tenantId]);
    if (item === undefined) return 0;
    await rowsOf(tx, BEGIN_ITEM, []);
    const refusal = await this.refusalOf(tx, callerOf(tenantId, item), item);
    await rowsOf(tx, FINISH_ITEM, [tenantId, item.plan_id, item.item_position, refusal]);
    return 1;
  }

  /** Carries the item out. @returns null when it is done */
  private async refusalOf(
    tx: Transaction,
    caller: TenantPrincipal,
    item: TakenItem,
  ): Promise<ProblemCode | null> {
    try {
      await this.carryOut(caller, item);
      return null;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      await rowsOf(tx, UNDO_ITEM, []);
      return error.code;
    }
  }

  private async carryOut(caller: TenantPrincipal, item: TakenItem): Promise<unknown> {
    const { action, conversation_id: id, version } = item;
    const { type, overrideCapacity = false, inboxId, minutes, labelId, outcome } = action;
    const note = noteOf(item);
    switch (type) {
      case 'reassign':
        return this.supervision.reassign(
          caller,
          id,
          of(item.to_operator_id),
          overrideCapacity,
          version,
          note,
        );
      case 'deallocate':
        return this.supervision.deallocate(caller, id, version, note);
      case 'resolve':
        return this.allocation.resolve(caller, id, version, { outcome, note });
      case 'move':
        return this.supervision.move(caller, id, of(inboxId), version, note);
      case 'boost':
        return this.boosts.boost(caller, id, { minutes: of(minutes), reason: note.slice(1) }, version);
      case 'label':
        return this.labels.attach(caller, id, of(labelId), { version, note });
      case 'unlabel':
        return this.labels.detach(caller, id, of(labelId), { version, note });
    }
  }
}

/** For the ledger, after what was done. */
function noteOf({ plan_id, reason }: TakenItem): string {
  return ` in bulk ${plan_id}${reason === null ? '' : `: ${reason}`}`;
}

/** What checkAction and the plan have made sure of. */
function of<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('an item of a bulk lacks a part of its action');
  return value;
}

/** The rights are those that the caller had when they ran it. */
function callerOf(tenantId: string, { run_by_type, run_by_id, run_by_right }: TakenItem): TenantPrincipal {
  return run_by_type === 'OPERATOR'
    ? { kind: 'operator', tenantId, operatorId: run_by_id, role: run_by_right as Role }
    : { kind: 'service', tenantId, name: run_by_id, apiKeyId: null, signedId: null, scopes: [] };
}
