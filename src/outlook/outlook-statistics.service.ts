import { Injectable } from '@nestjs/common';
import type { TenantPrincipal } from '../access/principal.js';
import { Database } from '../database/database.js';
import { rowsOf } from '../database/statement.js';
import { boundsOf, windowOf, type DistributionQuery } from '../stats/window.js';
import { CONFIDENCE } from './method.js';
import {
  accuracyOf,
  OUTLOOK_STATISTICS,
  type OutlookStatistics,
  type OutlookStatisticsRow,
} from './outlook-statistics.js';

/** Says how well the service foretells waits. */
@Injectable()
export class OutlookStatisticsService {
  constructor(private readonly database: Database) {}

  /** @throws VALIDATION_FAILED unless the window has a beginning before its end */
  get({ tenantId }: TenantPrincipal, query: DistributionQuery): Promise<OutlookStatistics> {
    const window = windowOf(query);
    const values = [tenantId, ...boundsOf(window), query.inboxId ?? null];
    return this.database.inTenant(tenantId, async (tx) => {
      const rows = await rowsOf<OutlookStatisticsRow>(tx, OUTLOOK_STATISTICS, values);
      const total = rows.find(({ inbox_id: inboxId }) => inboxId === null);
      if (total === undefined) throw new Error('the total is a row of its own');
      return {
        ...window,
        confidence: CONFIDENCE,
        ...accuracyOf(total),
        data: rows.flatMap((row) =>
          row.inbox_id === null
            ? []
            : [{ inboxId: row.inbox_id, inboxName: row.inbox_name ?? '', ...accuracyOf(row) }],
        ),
      };
    });
  }
}
