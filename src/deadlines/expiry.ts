import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { rowsOf } from '../database/statement.js';
import { Distributor } from '../distribution/distributor.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import type { DeadlineKind } from './deadline.js';
import { EXPIRIES, type ExpiredRow } from './expiry-of-kinds.js';

/** Ends due deadlines, and does after the COMMIT what follows from it. */
@Injectable()
export class Expiry {
  constructor(
    private readonly database: Database,
    private readonly distributor: Distributor,
  ) {}

  /**
   * Ends up to `size` due deadlines. Concurrent calls never end the same one twice.
   * @param kinds restricts it to these
   * @returns their number; less than `size` means that nothing is left
   */
  async expireDue(tenantId: string, size: number, kinds?: readonly DeadlineKind[]): Promise<number> {
    const expired: ExpiredRow[] = [];
    await this.database.inTenant(tenantId, async (tx) => {
      await rowsOf(tx, SHARE_RANKING, [tenantId]);
      for (const { kind, statement, values, after } of EXPIRIES) {
        const left = size - expired.length;
        if (left === 0 || kinds?.includes(kind) === false) continue;
        const rows = await rowsOf<ExpiredRow>(tx, statement, values(tenantId, left));
        expired.push(...rows);
        if (after !== undefined) await this.database.afterCommit(() => after(rows.length));
      }
    });
    await this.distribute(tenantId, expired);
    return expired.length;
  }

  private async distribute(tenantId: string, expired: readonly ExpiredRow[]): Promise<void> {
    const inboxIds = expired.flatMap(({ inbox_id }) => inbox_id ?? []);
    await this.distributor.afterFreeing(tenantId, { inboxIds });
    for (const operatorId of new Set(expired.flatMap(({ operator_id }) => operator_id ?? []))) {
      await this.distributor.afterFreeing(tenantId, { operatorId });
    }
  }
}
