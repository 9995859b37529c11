import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../database/database.js';
import { newId } from '../database/id.js';
import { DISTRIBUTE_WAITING, DISTRIBUTION_BATCH } from './distribute-waiting.js';

/** A caller waits for at most this many batches; the sweep does the rest. */
const BATCHES_OF_A_CALLER = 4;

/** Whose or which waiting conversations may have somebody to go to now. */
export interface Freed {
  /** Somebody who has room again, in all their inboxes. */
  operatorId?: string | null;
  /** Inboxes in which something waits anew, or that somebody new serves. */
  inboxIds?: readonly string[];
}

/** Hands waiting conversations of inboxes that push to whoever is eligible, best priority first. */
@Injectable()
export class Distributor {
  private readonly logger = new Logger(Distributor.name);

  constructor(private readonly database: Database) {}

  /**
   * To be called when what freed capacity has been committed: before that, neither this nor an arrival at the same
   * moment could see it. What the caller did stands, so a failure here is not theirs; the sweep makes up for it.
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
