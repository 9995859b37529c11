import { Inject, Injectable } from '@nestjs/common';
import type { OperatorPrincipal } from '../access/principal.js';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database } from '../database/database.js';
import { isReportedByServer } from '../database/failure.js';
import { newId } from '../database/id.js';
import { captureContext, type Within } from '../tracing/tracing.js';
import { ALLOCATE, type AllocateRow } from './allocate.js';

/** More would hold their operators' rows too long, and allocate_conversations has bits for sixty. */
const MOST_TOGETHER = 50;

/** One who asks for a conversation. */
interface Member {
  readonly operatorId: string;
  /** Runs what it is given as a part of the request that asks: traces tell it there. */
  readonly within: Within;
  readonly resolve: (row: AllocateRow) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * While a batch of a tenant is under way, its operators who ask for a conversation wait, and go together in the next
 * one: docs/adr/0011-allocating-together.md. There is no timer, so who comes alone waits for nobody. Each gets a
 * conversation, a refusal or an error of their own.
 */
@Injectable()
export class AllocationBatches {
  /** Of the tenants with a batch that is under way or has its turn coming: who goes with the next one. */
  private readonly waiting = new Map<string, Member[]>();
  /** The tenants whose batch waits until fewer are under way. Whoever comes meanwhile goes with it. */
  private readonly turns: string[] = [];
  /**
   * Half of the connections at first: the fewer batches there are at once, the more go together in each, and the rest of
   * the service needs connections too.
   */
  private free: number;

  constructor(
    private readonly database: Database,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {
    this.free = Math.ceil(environment.database.poolSize / 2);
  }

  /** @throws OutcomeUnknown when the connection was lost before the answer came */
  allocate({ tenantId, operatorId }: OperatorPrincipal): Promise<AllocateRow> {
    // Inside of a transaction the conversation stands or falls with the rest of it.
    if (!this.environment.coalescesAllocate || this.database.isInTransaction) {
      return this.alone(tenantId, operatorId);
    }
    return new Promise((resolve, reject) => {
      const member = { operatorId, within: captureContext(), resolve, reject };
      const others = this.waiting.get(tenantId);
      if (others !== undefined) {
        others.push(member);
        return;
      }
      this.waiting.set(tenantId, [member]);
      this.turns.push(tenantId);
      this.begin();
    });
  }

  private begin(): void {
    while (this.free > 0) {
      const tenantId = this.turns.shift();
      if (tenantId === undefined) return;
      this.free--;
      void this.run(tenantId);
    }
  }

  private async run(tenantId: string): Promise<void> {
    const { batch, rest } = split(this.waiting.get(tenantId) ?? []);
    this.waiting.set(tenantId, rest);
    await batch[0]?.within(() => this.answer(tenantId, batch));
    this.free++;
    // Not the `rest` of before: others have come.
    if (this.waiting.get(tenantId)?.length === 0) this.waiting.delete(tenantId);
    else this.turns.push(tenantId);
    this.begin();
  }

  /** Never fails: what goes wrong, the members hear. */
  private async answer(tenantId: string, batch: readonly Member[]): Promise<void> {
    const operatorIds = batch.map(({ operatorId }) => operatorId);
    try {
      for (const row of await this.ask(tenantId, operatorIds, false)) {
        const member = batch[row.nth - 1];
        if (row.refusal === 'HELD_UP') this.aloneFor(tenantId, member);
        else member?.resolve(row);
      }
    } catch (error) {
      // PostgreSQL has answered, so nothing was done, and one of them need not be why the others get nothing. Without
      // an answer they might all have been given something: that is not for us to try again.
      const mayTryAgain = batch.length > 1 && isReportedByServer(error);
      for (const member of batch) {
        if (mayTryAgain) this.aloneFor(tenantId, member);
        else member.reject(error);
      }
    }
  }

  private aloneFor(tenantId: string, member: Member | undefined): void {
    void member?.within(() => this.alone(tenantId, member.operatorId).then(member.resolve, member.reject));
  }

  private async alone(tenantId: string, operatorId: string): Promise<AllocateRow> {
    const [row] = await this.ask(tenantId, [operatorId], true);
    if (row === undefined) throw new Error('allocate_conversations answers a row for each operator');
    return row;
  }

  private ask(tenantId: string, operatorIds: readonly string[], mayWait: boolean): Promise<AllocateRow[]> {
    const eventIds = operatorIds.map(() => newId());
    return this.database.call<AllocateRow>(ALLOCATE, [tenantId, operatorIds, eventIds, mayWait]);
  }
}

/** An operator who asks twice at once is in a batch once: their capacity is looked at once in each. */
function split(members: readonly Member[]): { batch: Member[]; rest: Member[] } {
  const batch = new Map<string, Member>();
  const rest: Member[] = [];
  for (const member of members) {
    if (batch.size < MOST_TOGETHER && !batch.has(member.operatorId)) batch.set(member.operatorId, member);
    else rest.push(member);
  }
  return { batch: [...batch.values()], rest };
}
