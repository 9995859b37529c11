import { Attendance } from '../../../src/waits/attendance.js';
import { OverdueWaits } from '../../../src/waits/overdue-waits.js';
import type { JobCase } from './job-case.js';

export const WAIT_CASES: JobCase[] = [
  {
    name: 'overdue-waits',
    declaration: OverdueWaits,
    table: 'conversations',
    event: 'update',
    column: 'tenant_id',
    due: async (world) => {
      await world.queued(await world.inbox({ waitTargetSeconds: 60 }), { minutesAgo: 5 });
    },
    left: `select 1 from conversations c
      join inboxes i on i.tenant_id = $1 and i.id = c.inbox_id and i.wait_target_seconds is not null
      where c.tenant_id = $1 and not c.is_overdue`,
  },
  {
    name: 'attendance',
    declaration: Attendance,
    table: 'unattended_inboxes',
    event: 'insert',
    column: 'tenant_id',
    due: async (world) => {
      await world.queued(await world.inbox({ description: 'of nobody' }));
    },
    left: `select 1 from inboxes i
      where i.tenant_id = $1 and i.description = 'of nobody' and not exists (
        select 1 from unattended_inboxes u where u.tenant_id = $1 and u.inbox_id = i.id)`,
  },
];
