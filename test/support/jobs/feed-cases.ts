import { ForgetOldPositions } from '../../../src/feed/forget-old-positions.js';
import { assignPositions } from '../story.js';
import { sql, type JobCase } from './job-case.js';

const END = '(select max(position) from feed_positions where tenant_id = $1)';

/** With FEED_RETENTION_DAYS=30. */
export const FEED_CASES: JobCase[] = [
  {
    name: 'feed-clean-up',
    declaration: ForgetOldPositions,
    table: 'feed_positions',
    event: 'delete',
    column: 'tenant_id',
    due: async (world) => {
      const inbox = await world.inbox();
      await world.queued(inbox);
      // The last one stays.
      await world.queued(inbox);
      await assignPositions(world);
      // Everybody has read all.
      await sql(world, 'select fold_activity($1, 1000000)');
      await sql(world, `update outlook_progress set position = ${END} where tenant_id = $1`);
      await sql(world, `update webhooks set position = ${END} where tenant_id = $1`);
      await sql(
        world,
        `update conversation_events set occurred_at = occurred_at - interval '31 days' where tenant_id = $1`,
      );
    },
    left: `select 1 from feed_positions where tenant_id = $1 and position < ${END}`,
  },
];
