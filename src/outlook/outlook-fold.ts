import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database, type Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { assignPositionsIfFree } from '../ledger/assign-positions.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';
import { calibrationOf, MOST_OUTCOMES, observe, type Outcome } from './method.js';

/** $1 tenant, $2 entries. The function of this name does the work. */
const FOLD_TAKES = sql`
  select entries, has_outcomes, inbox_id, left_queue, counted_seconds, takes, seconds from fold_takes($1, $2)`;

/** $1 tenant, then for each inbox $2 its id, $3 takes, $4 seconds */
const STORE_PACES = sql`
  update outlook_paces p
  set takes = n.takes, seconds = n.seconds
  from unnest($2::uuid[], $3::double precision[], $4::double precision[]) as n (inbox_id, takes, seconds)
  where p.tenant_id = $1 and p.inbox_id = n.inbox_id`;

/** $1 tenant, $2 the most */
const NEWEST_OUTCOMES = sql`
  select o.expected_seconds as "expectedSeconds", o.actual_seconds as "actualSeconds"
  from outlooks o
  where o.tenant_id = $1 and o.actual_seconds is not null
  order by o.asked_at desc, o.id desc
  limit $2`;

/** $1 tenant, $2 outcomes, $3 and $4 ratios */
const STORE_CALIBRATION = sql`
  update outlook_progress set outcomes = $2, low_ratio = $3, high_ratio = $4 where tenant_id = $1`;

interface FoldRow {
  entries: number;
  has_outcomes: boolean;
  /** null when no inbox has a pace. */
  inbox_id: string | null;
  left_queue: number;
  counted_seconds: number;
  takes: number;
  seconds: number;
}

/** Learns from the ledger how fast the conversations of each inbox are taken, and how outlooks turned out. */
@ScheduledJob()
@Injectable()
export class OutlookFold implements TenantJob {
  readonly name = 'outlook-fold';
  readonly intervalSeconds: number;
  readonly tenants = sql`select tenants_with_outlooks() as tenant_id`;
  readonly most = 1_000;

  constructor(
    private readonly database: Database,
    @Inject(ENVIRONMENT) environment: Environment,
  ) {
    this.intervalSeconds = environment.outlookIntervalSeconds;
  }

  /** Only entries with a feed position can be folded. */
  prepare(tenantId: string): Promise<void> {
    return this.database.inLane('background', tenantId, () => assignPositionsIfFree(this.database, tenantId));
  }

  async batch(tx: Transaction, tenantId: string, size: number): Promise<number> {
    const rows = await rowsOf<FoldRow>(tx, FOLD_TAKES, [tenantId, size]);
    const changed = rows.flatMap(({ inbox_id, left_queue, counted_seconds, takes, seconds }) =>
      inbox_id === null || (left_queue === 0 && counted_seconds === 0)
        ? []
        : [{ inbox_id, ...observe({ takes, seconds }, left_queue, counted_seconds) }],
    );
    if (changed.length > 0) {
      await rowsOf(tx, STORE_PACES, [
        tenantId,
        changed.map(({ inbox_id }) => inbox_id),
        changed.map(({ takes }) => takes),
        changed.map(({ seconds }) => seconds),
      ]);
    }
    if (rows[0]?.has_outcomes === true) await calibrate(tx, tenantId);
    return rows[0]?.entries ?? 0;
  }
}

async function calibrate(tx: Transaction, tenantId: string): Promise<void> {
  const calibration = calibrationOf(await rowsOf<Outcome>(tx, NEWEST_OUTCOMES, [tenantId, MOST_OUTCOMES]));
  if (calibration === null) return;
  const { outcomes, lowRatio, highRatio } = calibration;
  await rowsOf(tx, STORE_CALIBRATION, [tenantId, outcomes, lowRatio, highRatio]);
}
