import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';

/**
 * A queue up to this length is rewritten together with the settings, a longer one in batches of at most this size. A
 * batch takes 20 ms, so no transaction waits longer than that for its rows.
 */
export const RERANK_BATCH = 500;

/** A batch reads at most this many times its size, for queues with few waiting rows. */
const LOOKED_AT = 10;

const TENANTS_TO_RERANK = sql`select tenants_to_rerank() as tenant_id`;

/** Serializes batches, so that each continues where the last one stopped. */
const LOCK_PROGRESS = sql`select reranked_up_to from tenants where id = $1 for no key update`;

/**
 * Gives up to $3 waiting conversations after $2 their keys under the current settings. Rows whose keys do not change
 * are not written. Returns the last id, or null when no rows are left. The arrays restrict the statement to the batch;
 * a plain join could read the whole queue for each row.
 */
const RERANK_NEXT = sql`
  with next as materialized (
    select c.id from conversations c where c.tenant_id = $1 and c.id > $2 order by c.id limit $3::integer * ${String(LOOKED_AT)}
  ), batch as materialized (
    select c.id from conversations c
    where c.tenant_id = $1 and c.id = any (array(select n.id from next n)) and c.state is not distinct from 'QUEUED'
    order by c.id
    limit $3::integer
  ), waiting as materialized (
    select c.id, c.message_count, c.waiting_message_count, c.boost_minutes, c.last_message_at, c.waiting_since from conversations c
    where c.tenant_id = $1 and c.id = any (array(select b.id from batch b)) and c.state is not distinct from 'QUEUED'
    order by c.external_conversation_id, c.origin_inbox_id
    for no key update
  ), ranked as (
    update conversations c
    set basis_at = q.basis_at, saturated = q.saturated, queue_key = q.queue_key
    from waiting n
    join queue_settings t on t.tenant_id = $1
    cross join lateral queue_position(t.settings,
      queue_count(t.settings, n.message_count, n.waiting_message_count), n.boost_minutes, n.last_message_at, n.waiting_since) q
    where c.tenant_id = $1 and c.id = any (array(select n.id from waiting n)) and c.id = n.id
      and (c.basis_at, c.saturated, c.queue_key) is distinct from (q.basis_at, q.saturated, q.queue_key)
  )
  update tenants set reranked_up_to = case
    when (select count(*) from batch) = $3::integer then (select b.id from batch b order by b.id desc limit 1)
    when (select count(*) from next) = $3::integer * ${String(LOOKED_AT)} then (select n.id from next n order by n.id desc limit 1)
    end
  where id = $1
  returning reranked_up_to`;

/** Rewrites the queue keys of tenants whose weights changed, and continues what a stopped instance left unfinished. */
@ScheduledJob()
@Injectable()
export class QueueReranker implements TenantJob {
  readonly name = 'rerank';
  readonly intervalSeconds: number;
  readonly tenants = TENANTS_TO_RERANK;
  readonly most = RERANK_BATCH;

  constructor(@Inject(ENVIRONMENT) environment: Environment) {
    this.intervalSeconds = environment.rerankIntervalSeconds;
  }

  async batch(tx: Transaction, tenantId: string, size: number): Promise<number> {
    return (await rerankBatch(tx, tenantId, size)) ? size : 0;
  }
}

/**
 * Rewrites the next `size` keys in the caller's transaction; by default all keys of a short queue.
 * @returns whether there can be more to do
 */
export async function rerankBatch(tx: Transaction, tenantId: string, size = RERANK_BATCH): Promise<boolean> {
  const [progress] = await rowsOf<{ reranked_up_to: string | null }>(tx, LOCK_PROGRESS, [tenantId]);
  if (progress === undefined || progress.reranked_up_to === null) return false;
  const values = [tenantId, progress.reranked_up_to, size];
  const [after] = await rowsOf<{ reranked_up_to: string | null }>(tx, RERANK_NEXT, values);
  return after !== undefined && after.reranked_up_to !== null;
}
