import { randomUUID } from 'node:crypto';
import type { InboxResponse } from '../../src/inboxes/inbox.js';
import type { Outcome } from '../../src/ledger/outcome.js';
import { ActivityFold } from '../../src/stats/activity-fold.js';
import { entries as writing } from './ledger-entries.js';
import type { World } from './world.js';

/** A transition with its time, and its target operator or inbox if it has one. */
export interface Step {
  type: string;
  at: string;
  to?: string;
  inbox?: string;
  /** Of a resolution. Without it the entry is one from before there were outcomes. */
  outcome?: Outcome | undefined;
  /** Since when the customer waited, where it takes the conversation from the queue. Older entries do not have it. */
  waitingSince?: string;
}

interface Position {
  state: string | null;
  operator: string | null;
  inbox: string;
}

const GIVEN = ['allocated', 'claimed', 'distributed', 'reassigned'];

function next(now: Position, { type, to, inbox }: Step): Position {
  if (type === 'moved') return { ...now, inbox: inbox! };
  if (GIVEN.includes(type)) return { ...now, state: 'ALLOCATED', operator: to! };
  return { ...now, state: type === 'resolved' ? 'RESOLVED' : 'QUEUED', operator: null };
}

/**
 * Inserts a conversation with this life in one transaction, with the given times.
 * @returns its id
 */
export async function tell(world: World, inbox: { id: string }, steps: readonly Step[]): Promise<string> {
  const id = randomUUID();
  let now: Position = { state: null, operator: null, inbox: inbox.id };
  const entries = steps.map((step, index) => {
    const before = now;
    now = next(now, step);
    return {
      id: randomUUID(),
      version: index + 1,
      type: `conversation.${step.type}`,
      occurred_at: step.at,
      inbox_id: now.inbox,
      from_state: before.state,
      from_operator_id: before.operator,
      from_inbox_id: index === 0 ? null : before.inbox,
      to_state: now.state,
      to_operator_id: now.operator,
      to_inbox_id: now.inbox,
      outcome: step.outcome ?? null,
      waiting_since: before.state === 'QUEUED' && now.state !== 'QUEUED' ? (step.waitingSince ?? null) : null,
    };
  });
  await world.app.database.rows(
    `with ${writing(`
      insert into conversation_events (tenant_id, id, type, occurred_at, conversation_id, inbox_id, version, actor_type,
        reason, from_state, from_operator_id, from_inbox_id, to_state, to_operator_id, to_inbox_id, outcome, waiting_since)
      select $1, e.id, e.type, e.occurred_at, $2, e.inbox_id, e.version, 'SYSTEM', 'A story', e.from_state,
        e.from_operator_id, e.from_inbox_id, e.to_state, e.to_operator_id, e.to_inbox_id, e.outcome,
        e.waiting_since
      from jsonb_populate_recordset(null::conversation_events, $3) e`)}
    insert into conversations (tenant_id, id, inbox_id, origin_inbox_id, external_conversation_id,
      customer_phone_number, state, assigned_operator_id, message_count, waiting_message_count, last_message_at, waiting_since, basis_at, queue_key, saturated, version,
      last_event_id, resolved_at)
    select $1, $2, $4, $11, $2::text, '+4915112345678', $5, $6, 1, 1, $7, $7, q.basis_at, q.queue_key, q.saturated, $8, $9,
      case $5 when 'RESOLVED' then $10::timestamptz end
    from queue_settings t
    left join lateral queue_position(t.settings, 1, 0, $7, $7) q on $5 = 'QUEUED'
    where t.tenant_id = $1`,
    [
      world.tenantId,
      id,
      JSON.stringify(entries),
      now.inbox,
      now.state,
      now.operator,
      steps[0]!.at,
      entries.length,
      entries.at(-1)!.id,
      steps.at(-1)!.at,
      entries[0]!.to_inbox_id,
    ],
  );
  return id;
}

/** Assigns positions to at least this number of entries of the tenant, in whole batches. */
export async function assignPositions({ app, tenantId }: World, entries = 1_000): Promise<void> {
  await app.database.rows('select assign_feed_positions($1, $2)', [tenantId, entries]);
}

/** Folds this number of entries of the tenant, `bite` at a time. Later entries may have no position yet. */
export async function fold(world: World, entries: number, bite = entries): Promise<void> {
  for (let left = entries; left > 0; left -= bite) {
    const count = Math.min(bite, left);
    await assignPositions(world, count);
    const folded = await world.app.database.rows('select fold_activity($1, $2) as entries', [
      world.tenantId,
      count,
    ]);
    expect(folded).toEqual([{ entries: count }]);
  }
}

export async function unfolded({ app, tenantId }: World): Promise<number> {
  const [row] = await app.database.rows<{ count: number }>(
    'select count(*)::integer as count from unfolded_events($1)',
    [tenantId],
  );
  return row!.count;
}

/** Folds all entries, as the service does. */
export async function foldAll(world: World): Promise<void> {
  await world.app.run(ActivityFold);
  expect(await unfolded(world)).toBe(0);
}

/** Reads statistics as the tenant's administrator. */
export async function read<T>(world: World, path: string): Promise<T> {
  const { body } = await world.app.call('get', path, world.admin).expect(200);
  return body as T;
}

/** Creates a push inbox. */
export async function pushInbox(world: World, name: string): Promise<InboxResponse> {
  const inbox = await world.inbox({ name });
  await world.app.database.rows(`update inboxes set distribution = 'WEIGHTED_RANDOM' where id = $1`, [
    inbox.id,
  ]);
  return inbox;
}
