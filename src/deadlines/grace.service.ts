import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { LOWEST_ID } from '../database/id.js';
import { rowsOf } from '../database/statement.js';
import { decodeCursor, pageOf, type Page } from '../http/cursor.js';
import type { PageQuery } from '../http/page-query.js';
import { countRows, withTotal } from '../http/total.js';
import { inBatches } from '../scheduling/in-batches.js';
import { Jobs } from '../scheduling/jobs.js';
import { EXPIRY_BATCH } from './expire-grace-periods.js';
import { Expiry } from './expiry.js';
import type { GracePeriodResponse } from './grace-responses.js';
import {
  ALL_GRACE_PERIODS,
  gracePeriodResponse,
  LIST_GRACE_PERIODS,
  type GracePeriodRow,
} from './list-grace-periods.js';

@Injectable()
export class GraceService {
  constructor(
    private readonly database: Database,
    private readonly jobs: Jobs,
    private readonly expiry: Expiry,
  ) {}

  list(tenantId: string, { limit, cursor, count }: PageQuery): Promise<Page<GracePeriodResponse>> {
    const scope = ['grace-periods', tenantId];
    const after =
      cursor === undefined ? ['-infinity', LOWEST_ID] : decodeCursor(scope, cursor, ['time', 'id']);
    return this.database.inTenant(tenantId, async (tx) => {
      const rows = await rowsOf<GracePeriodRow>(tx, LIST_GRACE_PERIODS, [tenantId, ...after, limit + 1]);
      const page = pageOf(
        rows,
        limit,
        scope,
        (row) => [row.position, row.conversation_id],
        gracePeriodResponse,
      );
      return withTotal(page, { count }, () => countRows(tx, ALL_GRACE_PERIODS, [tenantId]));
    });
  }

  /**
   * Expires all due grace periods of a tenant, batch by batch.
   * @returns their number
   */
  expireNow(tenantId: string): Promise<number> {
    const isStopping = () => this.jobs.isStopping;
    return this.database.outsideTransaction(() =>
      inBatches(this.database, EXPIRY_BATCH, isStopping, (size) =>
        this.database.atomically(tenantId, () => this.expiry.expireDue(tenantId, size, ['GRACE'])),
      ),
    );
  }
}
