import { DeadlineExpiry } from '../../../src/deadlines/deadline-expiry.js';
import type { DeadlineKind } from '../../../src/deadlines/deadline.js';
import type { InboxResponse } from '../../../src/inboxes/inbox.js';
import type { Person, World } from '../world.js';
import { sql, type JobCase } from './job-case.js';

/** An operator goes OFFLINE with a conversation. */
export async function absent(world: World): Promise<void> {
  const inbox = await world.inbox();
  const holder = await world.operator({ inboxes: [inbox] });
  await world.allocated(inbox, holder);
  await world.app.call('put', `/operators/${holder.id}/status`, world.admin).send({ status: 'OFFLINE' });
}

/** deadline-expiry ends deadlines of each kind. `begin` starts one. */
const deadlines = (kind: DeadlineKind, begin: JobCase['due']): JobCase => ({
  name: 'deadline-expiry',
  kind,
  declaration: DeadlineExpiry,
  table: 'conversations',
  event: 'update',
  column: 'tenant_id',
  due: async (world) => {
    await begin(world);
    const due = await sql(
      world,
      `update deadlines set expires_at = now() where tenant_id = $1 and kind = '${kind}' returning 1`,
    );
    if (due.length === 0) throw new Error(`no deadline ${kind} has begun`);
  },
  left: `select 1 from deadlines where tenant_id = $1 and kind = '${kind}' and expires_at <= now()`,
});

/** Somebody holds a conversation of a new inbox, which pushes or not. */
async function held(world: World, fields: Partial<InboxResponse>): Promise<{ id: string; holder: Person }> {
  const inbox = await world.inbox(fields);
  const holder = await world.operator({ inboxes: [inbox] });
  const { id, assignedOperatorId } = await world.queued(inbox);
  if (assignedOperatorId === null) await world.claim(id, holder);
  return { id, holder };
}

export const DEADLINE_CASES: JobCase[] = [
  deadlines('GRACE', absent),
  deadlines('ACCEPT', async (world) => {
    await held(world, { distribution: 'ROUND_ROBIN', acceptWithinSeconds: 30 });
  }),
  deadlines('REPLY', async (world) => {
    await held(world, { replyWithinSeconds: 60 });
  }),
  deadlines('PARK', async (world) => {
    const { id, holder } = await held(world, {});
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const park = { conversationId: id, until };
    await world.app.call('post', '/allocation/park', holder.headers).send(park).expect(200);
  }),
];
