import { Injectable } from '@nestjs/common';
import type { TenantPrincipal } from '../access/principal.js';
import { Database } from '../database/database.js';
import { rowsOf } from '../database/statement.js';
import { NotFound } from '../http/problem.js';
import { OperatorReader } from '../operators/operator-reader.js';
import {
  DISTRIBUTION_STATISTICS,
  distributionResponse,
  type DistributionRow,
} from './distribution-statistics.js';
import {
  OPERATOR_STATISTICS,
  STATISTICS_OF_OPERATOR,
  transitionsOf,
  type OperatorStatisticsRow,
  type StatisticsOfOperatorRow,
} from './operator-statistics.js';
import { outcomeCounts } from './outcome-counts.js';
import { QUEUE_STATISTICS, queueResponse, type QueueRow, type QueueStatistics } from './queue-statistics.js';
import type {
  DistributionStatistics,
  OperatorsStatistics,
  OperatorStatistics,
  WaitStatistics,
} from './stats-responses.js';
import { WAIT_STATISTICS, waitsResponse, type WaitRow } from './wait-statistics.js';
import { boundsOf, windowOf, type DistributionQuery, type WindowQuery } from './window.js';

/** Each response comes from one statement, so that its figures belong to one moment. No statement takes a lock. */
@Injectable()
export class StatsService {
  constructor(
    private readonly database: Database,
    private readonly operatorReader: OperatorReader,
  ) {}

  queue({ tenantId }: TenantPrincipal): Promise<QueueStatistics> {
    return this.database.inSnapshot(tenantId, async (tx) => {
      const rows = await rowsOf<QueueRow>(tx, QUEUE_STATISTICS, [tenantId]);
      return { data: rows.map(queueResponse) };
    });
  }

  async distribution(
    { tenantId }: TenantPrincipal,
    query: DistributionQuery,
  ): Promise<DistributionStatistics> {
    const window = windowOf(query);
    const values = [tenantId, ...boundsOf(window), query.inboxId ?? null];
    return this.database.inSnapshot(tenantId, async (tx) => {
      const rows = await rowsOf<DistributionRow>(tx, DISTRIBUTION_STATISTICS, values);
      return { ...window, data: rows.map(distributionResponse) };
    });
  }

  async waits({ tenantId }: TenantPrincipal, query: DistributionQuery): Promise<WaitStatistics> {
    const window = windowOf(query);
    const values = [tenantId, ...boundsOf(window), query.inboxId ?? null];
    return this.database.inSnapshot(tenantId, async (tx) => {
      const rows = await rowsOf<WaitRow>(tx, WAIT_STATISTICS, values);
      return { ...window, data: rows.map(waitsResponse) };
    });
  }

  async operators({ tenantId }: TenantPrincipal, query: WindowQuery): Promise<OperatorsStatistics> {
    const window = windowOf(query);
    return this.database.inSnapshot(tenantId, async (tx) => {
      const values = [tenantId, ...boundsOf(window)];
      const rows = await rowsOf<OperatorStatisticsRow>(tx, OPERATOR_STATISTICS, values);
      const data = rows.map((row) => {
        const transitions = transitionsOf(row);
        return {
          operatorId: row.id,
          name: row.name,
          status: row.availability,
          isActive: row.is_active,
          load: row.load,
          capacity: row.max_load,
          transitions,
          resolvedByOutcome: outcomeCounts(transitions.resolved, row),
          timeToResolve: { count: transitions.resolved, meanSeconds: row.mean },
          graceExpirations: transitions.graceExpired,
        };
      });
      return { ...window, data };
    });
  }

  async operator(caller: TenantPrincipal, id: string, query: WindowQuery): Promise<OperatorStatistics> {
    this.operatorReader.requireOwn(caller, id);
    const window = windowOf(query);
    const { tenantId } = caller;
    return this.database.inTenant(tenantId, async (tx) => {
      const values = [tenantId, ...boundsOf(window), id];
      const [row] = await rowsOf<StatisticsOfOperatorRow>(tx, STATISTICS_OF_OPERATOR, values);
      if (row === undefined) throw new NotFound('operator', id);
      const transitions = transitionsOf(row);
      return {
        operatorId: id,
        ...window,
        load: row.load,
        capacity: row.max_load,
        transitions,
        resolvedByOutcome: outcomeCounts(transitions.resolved, row),
        timeToResolve: { count: transitions.resolved, meanSeconds: row.mean, p95Seconds: row.p95 },
        graceExpirations: transitions.graceExpired,
      };
    });
  }
}
