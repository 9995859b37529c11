import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../database/database.js';
import { newId } from '../database/id.js';
import { DISTRIBUTE_WAITING, DISTRIBUTION_BATCH } from './distribute-waiting.js';

/** A request runs at most this many batches; the sweep does the rest. */
const BATCHES_OF_A_CALLER = 4;

/** Describes where waiting conversations can now have an eligible operator. */
export interface Freed {
  /**
   * An operator who holds less than before: they have free capacity in all their inboxes, or become OFFLINE when they
   * asked for that and hold nothing any more.
   */
  operatorId?: string | null;
  /** Inboxes with new waiting conversations or new operators. */
  inboxIds?: readonly string[];
}

/** Distributes waiting conversations of push inboxes to eligible operators, best priority first. */
@Injectable()
export class Distributor {
  private readonly logger = new Logger(Distributor.name);

  constructor(private readonly database: Database) {}

  /**
   * Call it after the COMMIT of the change that freed capacity. Before, neither this nor a concurrent arrival could
   * see it. A failure is only logged, because the change itself is done; the sweep tries again.
   */
  async afterFreeing(tenantId: string, { operatorId = null, inboxIds = [] }: Freed): Promise<void> {
    if (operatorId === null && inboxIds.length === 0) return;
    await this.database.afterCommit(async () => {
      try {
        await this.batches(tenantId, operatorId, [...new Set(inboxIds)]);
      } catch (error) {
        this.logger.warn({ err: error, tenantId }, 'nothing was distributed; the sweep tries again');
      }
    });
  }

  private async batches(
    tenantId: string,
    operatorId: string | null,
    inboxIds: readonly string[],
  ): Promise<void> {
    for (let batch = 0; batch < BATCHES_OF_A_CALLER; batch++) {
      const eventIds = Array.from({ length: DISTRIBUTION_BATCH }, () => newId());
      const values = [tenantId, operatorId, inboxIds, eventIds];
      const rows = await this.database.call<{ conversation_id: string | null }>(
        tenantId,
        DISTRIBUTE_WAITING,
        values,
      );
      const isHeldUp = rows.some(({ conversation_id }) => conversation_id === null);
      if (rows.length < DISTRIBUTION_BATCH && !isHeldUp) return;
    }
  }
}
