import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { Distributor } from '../distribution/distributor.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import { countExpired } from './deadline-metrics.js';
import type { DeadlineKind } from './deadline.js';
import { EXPIRIES, type ExpiredRow } from './expiry-of-kinds.js';

/** The inboxes from which something is distributed to operators $2. */
const INBOXES_OF = sql`
  select distinct s.inbox_id from subscriptions s
  where s.tenant_id = $1 and s.operator_id = any ($2::uuid[]) and s.weight > 0`;

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
      for (const { kind, statement, values } of EXPIRIES) {
        const left = size - expired.length;
        if (left === 0 || kinds?.includes(kind) === false) continue;
        const rows = await rowsOf<ExpiredRow>(tx, statement, values(tenantId, left));
        expired.push(...rows);
        await this.database.afterCommit(() => countExpired(kind, rows.length));
      }
    });
    await this.distribute(tenantId, expired);
    return expired.length;
  }

  private async distribute(tenantId: string, expired: readonly ExpiredRow[]): Promise<void> {
    const operatorIds = [...new Set(expired.flatMap(({ operator_id }) => operator_id ?? []))];
    const inboxIds = expired.flatMap(({ inbox_id }) => inbox_id ?? []);
    if (operatorIds.length > 0) inboxIds.push(...(await this.inboxesOf(tenantId, operatorIds)));
    // All at once: one after the other, who is first would not get the best of all their inboxes.
    await this.distributor.afterFreeing(tenantId, { inboxIds });
    for (const operatorId of operatorIds) await this.distributor.afterFreeing(tenantId, { operatorId });
  }

  private inboxesOf(tenantId: string, operatorIds: readonly string[]): Promise<string[]> {
    return this.database.inTenant(tenantId, async (tx) => {
      const rows = await rowsOf<{ inbox_id: string }>(tx, INBOXES_OF, [tenantId, operatorIds]);
      return rows.map(({ inbox_id }) => inbox_id);
    });
  }
}
