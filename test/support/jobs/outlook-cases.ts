import { randomUUID } from 'node:crypto';
import { ForgetOutlooks } from '../../../src/outlook/forget-outlooks.js';
import { OutlookFold } from '../../../src/outlook/outlook-fold.js';
import type { JobCase } from './job-case.js';

export const OUTLOOK_CASES: JobCase[] = [
  {
    name: 'outlook-fold',
    declaration: OutlookFold,
    table: 'outlook_progress',
    event: 'update',
    column: 'tenant_id',
    due: async (world) => {
      const inbox = await world.inbox();
      const { id } = await world.queued(inbox);
      await world.app.call('get', `/conversations/${id}/outlook`, world.admin).expect(200);
      await world.queued(inbox);
    },
    left: `select 1 from outlook_progress p where p.tenant_id = $1
      and (exists (select 1 from feed_backlog where tenant_id = $1)
        or (select max(position) from feed_positions where tenant_id = $1) > p.position)`,
  },
  {
    name: 'outlook-clean-up',
    declaration: ForgetOutlooks,
    table: 'outlooks',
    event: 'delete',
    column: 'tenant_id',
    due: async (world) => {
      const { id, inboxId } = await world.queued(await world.inbox());
      await world.app.call('get', `/conversations/${id}/outlook`, world.admin).expect(200);
      await world.app.database.rows(
        `insert into outlooks (tenant_id, id, conversation_id, inbox_id, version, asked_at, place, expected_seconds)
        values ($1, $2, $3, $4, 1, now() - interval '31 days', 1, 60)`,
        [world.tenantId, randomUUID(), id, inboxId],
      );
    },
    left: `select 1 from outlooks where tenant_id = $1 and asked_at < now() - interval '30 days'`,
  },
];
