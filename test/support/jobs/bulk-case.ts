import { BulkRuns } from '../../../src/bulk/bulk-runs.js';
import { sql, type JobCase } from './job-case.js';

/** A run of which no request has told this instance. */
export const BULK_CASE: JobCase = {
  name: 'bulk-runs',
  declaration: BulkRuns,
  table: 'bulk_items',
  event: 'update',
  column: 'tenant_id',
  due: async (world) => {
    const inbox = await world.inbox();
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push((await world.queued(inbox)).id);
    const request = { select: { ids }, action: { type: 'boost', minutes: 5 }, dryRun: true };
    const { body } = await world.app.call('post', '/allocation/bulk', world.admin).send(request).expect(200);
    // Without the request, which would start the job.
    await sql(
      world,
      `update bulk_plans set status = 'RUNNING', started_at = now(), run_by_type = 'OPERATOR',
        run_by_id = (select id::text from operators where tenant_id = $1 and role = 'ADMIN' limit 1), run_by_right = 'ADMIN'
      where tenant_id = $1 and id = '${(body as { planId: string }).planId}'`,
    );
  },
  left: `select 1 from bulk_plans where tenant_id = $1 and status = 'RUNNING'`,
};
