import { staffResponse } from '../stats/staff-of-inboxes.js';
import { MOST_OF_A_KIND, type BoardAttentionRow } from './board-attention.js';
import { INTERVAL_SECONDS, INTERVALS, type BoardHourRow } from './board-hour.js';
import type { BoardInboxRow, QueueDepthRow } from './board-inboxes.js';
import type { BoardOperatorRow } from './board-operators.js';
import {
  ATTENTION_KINDS,
  type BoardAttention,
  type BoardHour,
  type BoardInbox,
  type BoardOperator,
} from './board.js';

export function inboxesOf(
  rows: readonly BoardInboxRow[],
  depths: readonly QueueDepthRow[],
  hour: readonly BoardHourRow[],
): BoardInbox[] {
  const depthOf = new Map(depths.map(({ inbox_id, depth }) => [inbox_id, depth]));
  const hourOfInbox = new Map<string, BoardHourRow[]>();
  for (const row of hour) hourOfInbox.set(row.inbox_id, [...(hourOfInbox.get(row.inbox_id) ?? []), row]);
  return rows.map((row) => inboxOf(row, depthOf.get(row.id) ?? 0, hourOfInbox.get(row.id) ?? []));
}

function inboxOf(row: BoardInboxRow, waiting: number, lately: readonly BoardHourRow[]): BoardInbox {
  const waits = lately.flatMap((each) => each.waits).sort((a, b) => a - b);
  return {
    inboxId: row.id,
    name: row.name,
    waiting,
    oldestWaitingSince: row.waiting_since?.toISOString() ?? null,
    oldestConversationId: row.oldest_id,
    oldestCustomerName: row.oldest_name,
    overTarget: row.over_target,
    waitP50: quantile(waits, 0.5),
    waitP90: quantile(waits, 0.9),
    arrivals: sum(lately, ({ arrivals }) => arrivals),
    given: sum(lately, ({ given }) => given),
    resolved: sum(lately, ({ resolved }) => resolved),
    ...staffResponse(row),
  };
}

/** The smallest value that at least this share does not exceed, as percentile_disc of PostgreSQL. */
function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

export function operatorOf(row: BoardOperatorRow): BoardOperator {
  return {
    operatorId: row.id,
    name: row.name,
    status: row.availability,
    reason: row.status_reason,
    since: row.last_status_change_at.toISOString(),
    load: row.load,
    parked: row.parked,
    maxLoad: row.max_load,
    lastGivenAt: row.last_given_at?.toISOString() ?? null,
    inboxIds: row.inbox_ids,
  };
}

/** The worst kind first, and of each kind the longest first. */
export function attentionOf(
  inboxes: readonly BoardInboxRow[],
  conversations: readonly BoardAttentionRow[],
): BoardAttention[] {
  const ofInboxes = inboxes.flatMap((row): BoardAttention[] => {
    const about = {
      conversationId: row.oldest_id,
      inboxId: row.id,
      operatorId: null,
      customerName: row.oldest_name,
      until: null,
    };
    const late: BoardAttention[] =
      row.over_target > 0 && row.target_at !== null
        ? [{ ...about, kind: 'OVER_TARGET', since: row.target_at.toISOString() }]
        : [];
    const alone: BoardAttention[] =
      row.unattended_since !== null
        ? [{ ...about, kind: 'UNATTENDED', since: row.unattended_since.toISOString() }]
        : [];
    return [...alone, ...late];
  });
  const ofConversations = conversations.map((row): BoardAttention => {
    const { kind, conversation_id: conversationId, inbox_id: inboxId, operator_id: operatorId } = row;
    const { customer_name: customerName, since, until } = row;
    const times = { since: since.toISOString(), until: until?.toISOString() ?? null };
    return { kind, conversationId, inboxId, operatorId, customerName, ...times };
  });
  const all = [...ofInboxes, ...ofConversations];
  return ATTENTION_KINDS.flatMap((kind) =>
    all
      .filter((each) => each.kind === kind)
      .sort((a, b) => a.since.localeCompare(b.since))
      .slice(0, MOST_OF_A_KIND),
  );
}

export function hourOf(startsAt: Date, hour: readonly BoardHourRow[]): BoardHour {
  const perInterval = (of: (row: BoardHourRow) => number) =>
    Array.from({ length: INTERVALS }, (_, i) =>
      sum(
        // What was written during the snapshot is of the last one.
        hour.filter(({ slot }) => Math.min(slot, INTERVALS - 1) === i),
        of,
      ),
    );
  return {
    startsAt: startsAt.toISOString(),
    intervalSeconds: INTERVAL_SECONDS,
    arrivals: perInterval(({ arrivals }) => arrivals),
    given: perInterval(({ given }) => given),
  };
}

function sum<Row>(rows: readonly Row[], of: (row: Row) => number): number {
  return rows.reduce((total, row) => total + of(row), 0);
}
