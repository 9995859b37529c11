import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { newId } from '../database/id.js';
import { rowsOf } from '../database/statement.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import { EXPIRE_GRACE_PERIODS, EXPIRY_BATCH } from './expire-grace-periods.js';
import { Deadline } from './deadline.js';
import { ARE_GRACE_PERIODS_MISSING, END_GRACE_PERIODS, START_GRACE_PERIODS } from './start-grace-periods.js';

/** Starts, ends and expires grace periods for every room, in the transaction of the caller. */
@Injectable()
export class GracePeriods {
  constructor(@InjectRepository(Deadline) private readonly periods: Repository<Deadline>) {}

  /** The grace periods of one operator, the next to end first. */
  listOf(tenantId: string, operatorId: string): Promise<Deadline[]> {
    return this.periods.find({
      where: { tenantId, operatorId, kind: 'GRACE' },
      order: { expiresAt: 'ASC', conversationId: 'ASC' },
    });
  }

  /**
   * Starts grace periods for up to EXPIRY_BATCH conversations of an OFFLINE operator, or for one. Running ones continue.
   * @returns whether there may be more, which the job grace-repair starts
   */
  async start(tenantId: string, operatorId: string, conversationId: string | null = null): Promise<boolean> {
    const values = [tenantId, operatorId, conversationId, EXPIRY_BATCH];
    const started = await rowsOf(this.periods.manager, START_GRACE_PERIODS, values);
    return started.length === EXPIRY_BATCH;
  }

  /** Whether an OFFLINE operator holds a conversation whose grace period is still to start. */
  async areMissing(tenantId: string, operatorId: string): Promise<boolean> {
    const values = [tenantId, operatorId];
    const [row] = await rowsOf<{ missing: boolean }>(this.periods.manager, ARE_GRACE_PERIODS_MISSING, values);
    return row?.missing === true;
  }

  /** Ends the grace periods of an operator who is AVAILABLE again. */
  async end(tenantId: string, operatorId: string): Promise<void> {
    await rowsOf(this.periods.manager, END_GRACE_PERIODS, [tenantId, operatorId]);
  }

  /**
   * Queues up to `size` conversations with due grace periods again. Concurrent calls never queue the same conversation
   * twice.
   * @param operatorId restricts it to one operator
   * @returns the inbox of each conversation
   */
  async expire(tenantId: string, size: number, operatorId?: string): Promise<string[]> {
    await rowsOf(this.periods.manager, SHARE_RANKING, [tenantId]);
    const eventIds = Array.from({ length: size }, () => newId());
    const values = [tenantId, eventIds, operatorId ?? null];
    const expired = await rowsOf<{ inbox_id: string }>(this.periods.manager, EXPIRE_GRACE_PERIODS, values);
    return expired.map(({ inbox_id }) => inbox_id);
  }
}
