import { DeadlineExpiry } from '../../../src/deadlines/deadline-expiry.js';
import type { DeadlineKind } from '../../../src/deadlines/deadline.js';
import { IdleLeavers } from '../../../src/operators/idle-leavers.js';
import { PresenceSweep } from '../../../src/operators/presence-sweep.js';
import { Attendance } from '../../../src/waits/attendance.js';
import { OverdueWaits } from '../../../src/waits/overdue-waits.js';
import { HELD, UNMARKED, type Pin } from './pins.js';
import type { Scene } from './scene.js';

interface Held {
  externalConversationId: string;
  inboxId: string;
}

/** Gives a hundred held conversations a deadline of this kind: two of the holder, and others of those who are away. */
function giveDeadlines(scene: Scene, kind: DeadlineKind, endsIn: string): Promise<Held[]> {
  const { operator, receiver, holder, world } = scene;
  return scene.sql<Held>(
    `with chosen as materialized (
      (select c.id, c.assigned_operator_id from conversations c
        where c.tenant_id = $1 and c.state = 'ALLOCATED' and c.assigned_operator_id = $2 limit 2)
      union all
      (select c.id, c.assigned_operator_id from conversations c
        where c.tenant_id = $1 and c.state = 'ALLOCATED' and c.assigned_operator_id <> all ($3::uuid[]) limit 98)
    ), parked as (
      update conversations c set is_parked = true
      where c.tenant_id = $1 and $4 = 'PARK' and c.id in (select h.id from chosen h)
    ), begun as (
      insert into deadlines (tenant_id, conversation_id, kind, operator_id, expires_at)
      select $1, h.id, $4, h.assigned_operator_id, now() + $5::interval from chosen h
      on conflict (tenant_id, conversation_id, kind) do update set expires_at = excluded.expires_at
    )
    select c.external_conversation_id as "externalConversationId", c.origin_inbox_id as "inboxId"
    from conversations c where c.tenant_id = $1 and c.id in (select h.id from chosen h)`,
    world.tenantId,
    holder.id,
    [holder.id, operator.id, receiver.id],
    kind,
    endsIn,
  );
}

/** Replies to a hundred that are to be accepted and replied to. */
async function repliesTo(scene: Scene): Promise<Held[]> {
  await giveDeadlines(scene, 'ACCEPT', '1 hour');
  return giveDeadlines(scene, 'REPLY', '1 hour');
}

/** The status of an operator, whatever it was. */
const putStatus = (scene: Scene, { id }: { id: string }, status: string, next: string | null = null) =>
  scene.sql('update operators set availability = $2, next_status = $3 where id = $1', id, status, next);

async function expire(scene: Scene, kind: DeadlineKind): Promise<void> {
  // Who misses two acceptances is PAUSED.
  await putStatus(scene, scene.holder, 'AVAILABLE');
  await giveDeadlines(scene, kind, '0');
  await scene.app.run(DeadlineExpiry);
  const left = await scene.sql(
    'select 1 from deadlines where tenant_id = $1 and kind = $2 and expires_at <= now()',
    scene.world.tenantId,
    kind,
  );
  if (left.length > 0) throw new Error(`${left.length} deadlines ${kind} are still due`);
  await putStatus(scene, scene.holder, 'AVAILABLE');
}

/** Everybody is present but the holder, whose presence has ended. */
async function sweepPresences(scene: Scene): Promise<void> {
  const { tenantId } = scene.world;
  await putStatus(scene, scene.holder, 'AVAILABLE');
  const timeout = (seconds: number | null) =>
    scene.sql('update tenants set presence_timeout_seconds = $2 where id = $1', tenantId, seconds);
  await timeout(60);
  await scene.sql(
    `insert into operator_presence (tenant_id, operator_id, present_until)
    select o.tenant_id, o.id, now() + case o.id when $2 then interval '0' else interval '1 hour' end
    from operators o where o.tenant_id = $1 and o.availability <> 'OFFLINE'`,
    tenantId,
    scene.holder.id,
  );
  await scene.sql(
    `insert into presence_sweeps (tenant_id, swept_at) values ($1, now() - interval '3 seconds')`,
    tenantId,
  );
  const swept = await scene.app.run(PresenceSweep);
  if (swept !== 1) throw new Error(`the sweep made ${swept} operators OFFLINE`);
  await timeout(null);
  for (const table of ['operator_presence', 'presence_sweeps'])
    await scene.sql(`delete from ${table} where tenant_id = $1`, tenantId);
  await scene.sql(`delete from deadlines where kind = 'GRACE' and operator_id = $1`, scene.holder.id);
  await putStatus(scene, scene.holder, 'AVAILABLE');
}

/** A hundred waits become overdue behind all others of the inbox, which were reported. */
async function reportOverdue(scene: Scene): Promise<void> {
  const { id } = scene.inboxes[1]!;
  await scene.sql(
    `update conversations c
    set is_overdue = c.id not in (
      select w.id from conversations w where w.inbox_id = $1 and w.state = 'QUEUED' order by w.waiting_since desc limit 100)
    where c.inbox_id = $1 and c.state = 'QUEUED'`,
    id,
  );
  const aim = (seconds: number | null) =>
    scene.sql('update inboxes set wait_target_seconds = $2 where id = $1', id, seconds);
  await aim(1);
  const reported = await scene.app.run(OverdueWaits);
  if (reported === 0) throw new Error('no wait was reported');
  await aim(null);
}

/** A few reads of each due deadline, and none of those that run. */
const DUE = { deadlines: 1_000 };

/** What the desk's deadlines, replies and jobs read. */
export const DESK: Pin[] = [
  {
    name: 'a reply',
    run: async (scene) => {
      const [held] = await repliesTo(scene);
      await scene.post('/orchestrator/replies', { ...held, messageId: 'reply' }, scene.world.orchestrator);
    },
    conversations: { conversations_thread: 5, conversations_pk: 10 },
  },
  {
    name: 'a hundred replies in a batch',
    run: async (scene) => {
      const replies = (await repliesTo(scene)).map((held) => ({
        ...held,
        kind: 'REPLY',
        messageId: 'batch',
      }));
      const { results } = (await scene.post(
        '/orchestrator/messages/batch',
        { messages: replies },
        scene.world.orchestrator,
      )) as { results: { status: number }[] };
      if (results.some(({ status }) => status !== 200)) throw new Error(JSON.stringify(results));
    },
    conversations: { conversations_thread: 400, conversations_pk: 400 },
  },
  {
    name: 'expiry of a hundred parks',
    run: (scene) => expire(scene, 'PARK'),
    conversations: { conversations_pk: 400 },
    elsewhere: DUE,
  },
  {
    name: 'expiry of a hundred times to reply',
    run: (scene) => expire(scene, 'REPLY'),
    conversations: {
      conversations_pk: 500,
      conversations_queue: 100,
      conversations_queue_basis: 4 * UNMARKED,
      conversations_held: 10 * HELD,
    },
    elsewhere: DUE,
  },
  {
    name: 'expiry of a hundred times to accept',
    run: (scene) => expire(scene, 'ACCEPT'),
    conversations: {
      conversations_pk: 500,
      conversations_queue: 100,
      conversations_queue_basis: 4 * UNMARKED,
      conversations_held: 10 * HELD,
    },
    elsewhere: DUE,
  },
  {
    name: 'a hundred overdue waits',
    run: reportOverdue,
    conversations: { conversations_waiting: 300, conversations_pk: 400 },
  },
  {
    name: 'inboxes in which nobody is there',
    run: (scene) => scene.app.run(Attendance),
    // A probe of each inbox, twice. It passes what was taken since the last vacuum, so its pages differ from run to run.
    conversations: { conversations_queue: 300 },
  },
  {
    name: 'presence sweep',
    run: sweepPresences,
    // A foreign key reads each conversation whose grace period begins.
    conversations: { conversations_held: HELD, conversations_pk: HELD + 20 },
  },
  {
    name: 'operators who leave when they hold nothing',
    run: async (scene) => {
      for (const person of [scene.holder, scene.leaver]) await putStatus(scene, person, 'PAUSED', 'OFFLINE');
      const left = await scene.app.run(IdleLeavers);
      if (left !== 1) throw new Error(`${left} operators became OFFLINE`);
      await putStatus(scene, scene.holder, 'AVAILABLE');
    },
    conversations: { conversations_held: 20 },
  },
];
