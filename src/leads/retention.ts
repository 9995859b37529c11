import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { Transaction } from '../database/database.js';
import { newIds } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';
import { recordErasure } from './erase-lead.js';

/** Entries of the ledger, of which one in several resolved a conversation. */
const BATCH = 200;

/** This calls a function because it reads across tenants. */
const TENANTS_TO_ERASE = sql`select tenants_to_erase() as tenant_id`;

/** $1 tenant, $2 ids of ledger entries. The function erase_resolved does the work. */
const ERASE_RESOLVED = sql`
  select looked_at as "lookedAt", erased_leads as "erasedLeads" from erase_resolved($1, $2)`;

/**
 * Erases what was resolved more than `retentionDays` ago: the customer of each conversation, and a lead with the last of
 * theirs. It reads the ledger once, so resolved conversations need no index for it.
 */
@ScheduledJob()
@Injectable()
export class Retention implements TenantJob {
  readonly name = 'retention';
  readonly intervalSeconds: number;
  readonly tenants = TENANTS_TO_ERASE;
  readonly most = BATCH;

  constructor(@Inject(ENVIRONMENT) environment: Environment) {
    this.intervalSeconds = environment.cleanUpIntervalSeconds;
  }

  async batch(tx: Transaction, tenantId: string, size: number): Promise<number> {
    const values = [tenantId, newIds(size)];
    const [row] = await rowsOf<{ lookedAt: number; erasedLeads: string[] }>(tx, ERASE_RESOLVED, values);
    for (const id of row?.erasedLeads ?? []) await recordErasure(tx, tenantId, id);
    return row?.lookedAt ?? 0;
  }
}
