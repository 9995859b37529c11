import { Injectable } from '@nestjs/common';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import { Database, type Transaction } from '../database/database.js';
import { rowsOf } from '../database/statement.js';
import { GracePeriods } from '../deadlines/grace-periods.js';
import { Distributor } from '../distribution/distributor.js';
import { Problem, ValidationFailed } from '../http/problem.js';
import { actorOf } from '../ledger/actor.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import {
  changeStatus,
  holdsSomething,
  lockOperator,
  type LockedOperator,
  type StatusChange,
} from './change-status.js';
import { Leaving, type Left } from './leaving.js';
import type { Availability } from './operator.js';
import { OperatorReader } from './operator-reader.js';
import { Presence } from '../presence/presence.js';
import type { SetStatus, StatusResponse } from './status.js';

const NOTHING: Left = { inboxIds: [], rest: [] };

@Injectable()
export class AvailabilityService {
  constructor(
    private readonly database: Database,
    private readonly distributor: Distributor,
    private readonly operators: OperatorReader,
    private readonly gracePeriods: GracePeriods,
    private readonly leaving: Leaving,
    private readonly presence: Presence,
  ) {}

  status(caller: TenantPrincipal, operatorId: string): Promise<StatusResponse> {
    this.operators.requireOwn(caller, operatorId);
    const { tenantId } = caller;
    return this.database.inTenant(tenantId, (tx) => this.statusOf(tx, tenantId, operatorId));
  }

  /** Setting the current status again, with the same reason, changes nothing. */
  async setStatus(
    caller: OperatorPrincipal,
    operatorId: string,
    request: SetStatus,
  ): Promise<StatusResponse> {
    this.operators.requireOwn(caller, operatorId);
    if (request.then !== undefined && request.status !== 'PAUSED') {
      throw new ValidationFailed([
        { field: 'then', message: 'then is possible only with the status PAUSED' },
      ]);
    }
    const { tenantId } = caller;
    const { response, changed, left } = await this.database.inTenant(tenantId, async (tx) => {
      // The held conversations can become QUEUED at once. The ranking is locked before the operator (docs/adr/0003).
      if (request.status === 'OFFLINE' || request.then !== undefined)
        await rowsOf(tx, SHARE_RANKING, [tenantId]);
      const before = await lockOperator(tx, tenantId, operatorId);
      if (!before.is_active) throw deactivated(caller, operatorId);
      const leaves = request.then !== undefined && !(await holdsSomething(tx, tenantId, operatorId));
      const change = changeOf(caller, operatorId, request, leaves);
      const changed = isChange(before, change);
      const left = changed ? await this.change(tx, tenantId, before, change) : NOTHING;
      // Also when nothing changes: it is a sign of life.
      if (change.status !== 'OFFLINE') await this.presence.begin(tx, tenantId, operatorId);
      return { response: await this.statusOf(tx, tenantId, operatorId), changed, left };
    });
    await this.database.afterCommit(() => this.presence.forget(tenantId, operatorId));
    await this.leaving.afterLeaving(tenantId, left);
    // AVAILABLE has free capacity. With `then`, the last conversation may have gone while this transaction ran.
    if (changed && (response.status === 'AVAILABLE' || response.then !== undefined))
      await this.distributor.afterFreeing(tenantId, { operatorId });
    return response;
  }

  private async change(
    tx: Transaction,
    tenantId: string,
    { availability }: LockedOperator,
    change: StatusChange,
  ): Promise<Left> {
    const { operatorId, status } = change;
    await changeStatus(tx, tenantId, change);
    if (status === availability) return NOTHING;
    if (status !== 'OFFLINE') {
      if (availability === 'OFFLINE') await this.gracePeriods.end(tenantId, operatorId);
      return NOTHING;
    }
    return this.leaving.leave(tenantId, operatorId);
  }

  private async statusOf(tx: Transaction, tenantId: string, operatorId: string): Promise<StatusResponse> {
    const operator = await this.operators.get(tenantId, operatorId);
    const periods = await this.gracePeriods.listOf(tenantId, operatorId);
    const presentUntil = await this.presence.presentUntil(tx, tenantId, operatorId);
    const isAway = operator.availability === 'OFFLINE' && operator.isActive;
    return {
      operatorId,
      status: operator.availability,
      reason: operator.statusReason,
      lastStatusChangeAt: operator.lastStatusChangeAt.toISOString(),
      gracePeriods: periods.map(({ conversationId, expiresAt }) => ({
        conversationId,
        expiresAt: expiresAt.toISOString(),
      })),
      hasMore: isAway && (await this.gracePeriods.areMissing(tenantId, operatorId)),
      ...(operator.nextStatus === null ? {} : { then: operator.nextStatus }),
      ...(presentUntil === null ? {} : { presentUntil: presentUntil.toISOString() }),
    };
  }
}

/** @param leaves whether the status that comes next can come now, because nothing is held */
function changeOf(
  caller: OperatorPrincipal,
  operatorId: string,
  { status, reason = null, then }: SetStatus,
  leaves: boolean,
): StatusChange {
  const to: Availability = leaves ? 'OFFLINE' : status;
  const next = then === undefined || leaves ? null : then;
  const who = caller.operatorId === operatorId ? 'The operator' : 'A colleague';
  const what = next === null ? to : `${to}, and ${next} when nothing is held any more`;
  const why = `${who} set the status to ${what}${reason === null ? '' : `: ${reason}`}`;
  return { operatorId, status: to, reason, next, actor: actorOf(caller), why };
}

function isChange(before: LockedOperator, { status, reason, next }: StatusChange): boolean {
  return before.availability !== status || before.status_reason !== reason || before.next_status !== next;
}

/** A caller may have been deactivated since they were identified. */
function deactivated(caller: OperatorPrincipal, operatorId: string): Problem {
  return caller.operatorId === operatorId
    ? new Problem('OPERATOR_INACTIVE', 'You have been deactivated. Ask an administrator.')
    : new Problem('NOT_FOUND', `Operator ${operatorId} has been deactivated.`);
}
