import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { Transaction } from '../database/database.js';
import { newIds } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';
import type { Actor } from '../ledger/event.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';
import type { LeadRefusal } from './change-lead.js';

/** The most conversations that a merge moves in its own transaction, and the largest batch of the job. */
export const MERGE_BATCH = 1_000;

/** This calls a function because it reads across tenants. */
const TENANTS_WITH_MERGING_LEADS = sql`select tenants_with_merging_leads() as tenant_id`;

/** $1 tenant, $2 ids of ledger entries. The function continue_merge does the work. */
const CONTINUE_MERGE = sql`select continue_merge($1, $2) as has_work`;

/** $1 tenant, $2 lead, $3 into which, $4 kind of actor, $5 actor, $6 ids of ledger entries. */
const MERGE_LEAD = sql`select refusal, lead_id, merged_into_id from merge_lead($1, $2, $3, $4, $5, $6)`;

const STILL_MERGING = sql`select is_merging from leads where tenant_id = $1 and id = $2`;

/** Of one of the two leads. */
interface MergeRefusal extends LeadRefusal {
  lead_id: string;
}

/** @returns null when it was merged */
export async function mergeLead(
  tx: Transaction,
  tenantId: string,
  leadId: string,
  intoLeadId: string,
  actor: Actor,
): Promise<MergeRefusal | null> {
  const values = [tenantId, leadId, intoLeadId, actor.type, actor.id, newIds(MERGE_BATCH)];
  const [refusal] = await rowsOf<MergeRefusal>(tx, MERGE_LEAD, values);
  return refusal ?? null;
}

export async function isMerging(tx: Transaction, tenantId: string, leadId: string): Promise<boolean> {
  const [row] = await rowsOf<{ is_merging: boolean }>(tx, STILL_MERGING, [tenantId, leadId]);
  return row?.is_merging === true;
}

/** Moves, in batches, the conversations that the transaction of a merge left. */
@ScheduledJob()
@Injectable()
export class LeadMerges implements TenantJob {
  readonly name = 'lead-merges';
  readonly intervalSeconds: number;
  readonly tenants = TENANTS_WITH_MERGING_LEADS;
  readonly most = MERGE_BATCH;

  constructor(@Inject(ENVIRONMENT) environment: Environment) {
    this.intervalSeconds = environment.unfinishedChangesIntervalSeconds;
  }

  async batch(tx: Transaction, tenantId: string, size: number): Promise<number> {
    const [row] = await rowsOf<{ has_work: boolean }>(tx, CONTINUE_MERGE, [tenantId, newIds(size)]);
    // There may be another lead.
    return row?.has_work === true ? size : 0;
  }
}
