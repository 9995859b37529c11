import { Inject, Injectable } from '@nestjs/common';
import type { OperatorPrincipal } from '../access/principal.js';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database } from '../database/database.js';
import { isReportedByServer, WaitedTooLong } from '../database/failure.js';
import { newId } from '../database/id.js';
import { captureContext, type Within } from '../tracing/tracing.js';
import { ALLOCATE, type AllocateRow } from './allocate.js';

/** More would hold their operators' rows too long, and allocate_conversations has bits for sixty. */
const MOST_TOGETHER = 50;

/** While one operator waits for a lock, the others that were held up retry at this interval. */
const TRY_AGAIN_MS = 100;

/** An operator who asks for a conversation. */
interface Member {
  readonly operatorId: string;
  /** Runs a function in the tracing context of the request. */
  readonly within: Within;
  readonly resolve: (row: AllocateRow) => void;
  readonly reject: (error: unknown) => void;
  /** When a lock first held this operator up, in milliseconds of the process's monotonic clock. */
  heldUpAt?: number;
}

/**
 * Joins concurrent allocations of a tenant: while a batch runs, further operators wait and go together in the next one
 * (docs/adr/0011-allocating-together.md). There is no timer, so a single operator never waits. Each operator gets a
 * conversation, a refusal or an error of their own.
 */
@Injectable()
export class AllocationBatches {
  /** The members of the next batch, for each tenant whose batch runs or waits for a connection. */
  private readonly waiting = new Map<string, Member[]>();
  /** The held-up members, for each tenant in which one of them waits for a lock. */
  private readonly heldUp = new Map<string, Member[]>();

  constructor(
    private readonly database: Database,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  /** @throws OutcomeUnknown when the connection was lost before the response came */
  allocate({ tenantId, operatorId }: OperatorPrincipal): Promise<AllocateRow> {
    // Inside of a transaction the allocation must commit or roll back with the rest.
    if (!this.environment.coalescesAllocate || this.database.isInTransaction) {
      return this.alone(tenantId, operatorId);
    }
    return new Promise((resolve, reject) => {
      this.join(tenantId, { operatorId, within: captureContext(), resolve, reject });
    });
  }

  private join(tenantId: string, member: Member): void {
    const others = this.waiting.get(tenantId);
    if (others !== undefined) {
      others.push(member);
      return;
    }
    this.waiting.set(tenantId, [member]);
    void this.run(tenantId);
  }

  /**
   * Runs one batch after the other until no operator of the tenant waits. Operators who arrive before a batch starts
   * join it.
   */
  private async run(tenantId: string): Promise<void> {
    for (let members = this.membersOf(tenantId); members.length > 0; members = this.membersOf(tenantId)) {
      const [first] = members;
      try {
        await first?.within(() =>
          this.database.inLane('allocate', tenantId, () => {
            const { batch, rest } = split(this.membersOf(tenantId));
            this.waiting.set(tenantId, rest);
            return this.serve(tenantId, batch);
          }),
        );
      } catch (error) {
        // The lane had no free connection in time.
        this.waiting.set(tenantId, []);
        for (const member of members) member.reject(error);
      }
    }
    this.waiting.delete(tenantId);
  }

  private membersOf(tenantId: string): Member[] {
    return this.waiting.get(tenantId) ?? [];
  }

  /** Never throws: errors go to the members. */
  private async serve(tenantId: string, batch: readonly Member[]): Promise<void> {
    const operatorIds = batch.map(({ operatorId }) => operatorId);
    try {
      for (const row of await this.ask(tenantId, operatorIds, false)) {
        const member = batch[row.nth - 1];
        if (row.refusal === 'HELD_UP') this.retryHeldUp(tenantId, member);
        else member?.resolve(row);
      }
    } catch (error) {
      // After an error from PostgreSQL nothing was done, and one member can be the cause for all. So each is tried
      // alone. Without a response the outcome is unknown, and a retry could allocate twice.
      const canRetry = batch.length > 1 && isReportedByServer(error);
      for (const member of batch) {
        if (canRetry) void this.askAlone(tenantId, member);
        else member.reject(error);
      }
    }
  }

  /**
   * The first held-up operator of a tenant waits for the lock. The others wait for the first one, or retry meanwhile.
   */
  private retryHeldUp(tenantId: string, member: Member | undefined): void {
    if (member === undefined) return;
    const now = performance.now();
    member.heldUpAt ??= now;
    if (now - member.heldUpAt > this.environment.database.lockTimeoutMs) {
      member.reject(new WaitedTooLong('rows that others have locked'));
      return;
    }
    const line = this.heldUp.get(tenantId);
    if (line !== undefined) {
      line.push(member);
      return;
    }
    this.heldUp.set(tenantId, []);
    void this.waitFor(tenantId, member);
  }

  private async waitFor(tenantId: string, member: Member): Promise<void> {
    const tryAgain = () => {
      for (const other of this.heldUp.get(tenantId)?.splice(0) ?? []) this.join(tenantId, other);
    };
    const timer = setInterval(tryAgain, TRY_AGAIN_MS);
    await this.askAlone(tenantId, member);
    clearInterval(timer);
    tryAgain();
    this.heldUp.delete(tenantId);
  }

  private askAlone(tenantId: string, { operatorId, within, resolve, reject }: Member): Promise<void> {
    const work = () => this.alone(tenantId, operatorId);
    return within(() => this.database.inLane('held-up', tenantId, work).then(resolve, reject));
  }

  private async alone(tenantId: string, operatorId: string): Promise<AllocateRow> {
    const [row] = await this.ask(tenantId, [operatorId], true);
    if (row === undefined) throw new Error('allocate_conversations must return one row per operator');
    return row;
  }

  private ask(tenantId: string, operatorIds: readonly string[], mayWait: boolean): Promise<AllocateRow[]> {
    const eventIds = operatorIds.map(() => newId());
    return this.database.call<AllocateRow>(tenantId, ALLOCATE, [tenantId, operatorIds, eventIds, mayWait]);
  }
}

/** An operator can be in a batch only once, because a batch checks their capacity only once. */
function split(members: readonly Member[]): { batch: Member[]; rest: Member[] } {
  const batch = new Map<string, Member>();
  const rest: Member[] = [];
  for (const member of members) {
    if (batch.size < MOST_TOGETHER && !batch.has(member.operatorId)) batch.set(member.operatorId, member);
    else rest.push(member);
  }
  return { batch: [...batch.values()], rest };
}
