import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { newId } from '../database/id.js';
import { rowsOf } from '../database/statement.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import { EXPIRE_GRACE_PERIODS, EXPIRY_BATCH } from './expire-grace-periods.js';
import { GracePeriod } from './grace-period.js';
import { END_GRACE_PERIODS, START_GRACE_PERIODS } from './start-grace-periods.js';

/** Starts, ends and expires grace periods for every room, in the transaction of the caller. */
@Injectable()
export class GracePeriods {
  constructor(@InjectRepository(GracePeriod) private readonly periods: Repository<GracePeriod>) {}

  /** Those of one operator, the next to end first. */
  listOf(tenantId: string, operatorId: string): Promise<GracePeriod[]> {
    return this.periods.find({
      where: { tenantId, operatorId },
      order: { expiresAt: 'ASC', conversationId: 'ASC' },
    });
  }

  /** For the conversations that an OFFLINE operator holds, or just one of them. One that runs already goes on. */
  async start(tenantId: string, operatorId: string, conversationId: string | null = null): Promise<void> {
    await rowsOf(this.periods.manager, START_GRACE_PERIODS, [tenantId, operatorId, conversationId]);
  }

  /** The operator is back and keeps what they hold. */
  async end(tenantId: string, operatorId: string): Promise<void> {
    await rowsOf(this.periods.manager, END_GRACE_PERIODS, [tenantId, operatorId]);
  }

  /**
   * Re-queues up to `size` due conversations. Any number of instances may do it at once; each conversation is re-queued
   * by one of them.
   * @param operatorId only those of this operator; by default of all
   * @returns the inbox of each of them
   */
  async expire(tenantId: string, size: number, operatorId?: string): Promise<string[]> {
    await rowsOf(this.periods.manager, SHARE_RANKING, [tenantId]);
    const eventIds = Array.from({ length: size }, () => newId());
    const values = [tenantId, eventIds, operatorId ?? null];
    const expired = await rowsOf<{ inbox_id: string }>(this.periods.manager, EXPIRE_GRACE_PERIODS, values);
    return expired.map(({ inbox_id }) => inbox_id);
  }

  /** Re-queues all due conversations of an operator. @returns the inbox of each of them */
  async expireAllOf(tenantId: string, operatorId: string): Promise<string[]> {
    const inboxIds: string[] = [];
    let expired: string[];
    do {
      expired = await this.expire(tenantId, EXPIRY_BATCH, operatorId);
      inboxIds.push(...expired);
    } while (expired.length === EXPIRY_BATCH);
    return inboxIds;
  }
}
