import { Inject, Injectable, Logger } from '@nestjs/common';
import { Counter } from 'prom-client';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { QuotaExceeded } from '../http/problem.js';
import { RefusalLog } from '../http/refusal-log.js';
import { COUNTED, type Quota } from './counted.js';

const LOCK_QUOTA = sql`select lock_quota($1, $2)`;

const REFUSED = new Counter({
  name: 'inbox_quota_refusals_total',
  help: 'Requests refused with QUOTA_EXCEEDED, by the quota. The log names the tenant.',
  labelNames: ['quota'],
});
// Prometheus computes a rate only from the second sample, so every counter starts at 0.
for (const quota of Object.keys(COUNTED)) REFUSED.inc({ quota }, 0);

/** How many of each thing a tenant can have. */
@Injectable()
export class Quotas {
  private readonly log = new RefusalLog(new Logger('quotas'));

  constructor(@Inject(ENVIRONMENT) private readonly environment: Environment) {}

  /**
   * Checks a quota after rows were added. Call it in the same transaction, and only when there are more rows than before:
   * a tenant that has too many since the limit was lowered can still change them.
   * | The lock makes transactions that add at the same time count one after the other, so that the last one sees the rows
   * of all. It is the last lock of a transaction, because others wait for it.
   * @throws QUOTA_EXCEEDED
   */
  async check(tx: Transaction, tenantId: string, quota: Quota): Promise<void> {
    const limit = this.environment.quotas[quota];
    const { what, count } = COUNTED[quota];
    await rowsOf(tx, LOCK_QUOTA, [tenantId, quota]);
    const [row] = await rowsOf<{ used: number }>(tx, count, [tenantId, limit + 1]);
    if (row !== undefined && row.used <= limit) return;
    REFUSED.inc({ quota });
    this.log.say({ tenantId, quota, limit }, 'a quota is used up');
    throw new QuotaExceeded(what, limit);
  }
}
