import { staffResponse } from '../stats/staff-of-inboxes.js';
import { MOST_OF_A_KIND, type BoardAttentionRow } from './board-attention.js';
import { INTERVAL_SECONDS, INTERVALS, type BoardHourRow } from './board-hour.js';
import type { BoardInboxRow, QueueDepthRow } from './board-inboxes.js';
import type { BoardStaffRow } from './board-people.js';
import {
  ATTENTION_KINDS,
  type Board,
  type BoardAttention,
  type BoardHour,
  type BoardInbox,
} from './board.js';

/** A time, of JSON too, as every response has it. */
const iso = (time: string | Date) => new Date(time).toISOString();
const isoOf = (time: string | Date | null) => (time === null ? null : iso(time));

/** @param operators the JSON of them */
export function boardJson(rest: Omit<Board, 'operators'>, operators: string): string {
  return `${JSON.stringify(rest).slice(0, -1)},"operators":${operators}}`;
}

const NOBODY = { inbox_id: '', available: 0, paused: 0, offline: 0, free: 0 };

interface OfInboxes {
  readonly staff: readonly BoardStaffRow[];
  readonly depths: readonly QueueDepthRow[];
  readonly hour: readonly BoardHourRow[];
}

export function inboxesOf(rows: readonly BoardInboxRow[], { staff, depths, hour }: OfInboxes): BoardInbox[] {
  const depthOf = new Map(depths.map(({ inbox_id, depth }) => [inbox_id, depth]));
  const staffOf = new Map(staff.map((row) => [row.inbox_id, row]));
  const hourOfInbox = new Map(hour.map((row) => [row.inbox_id, row]));
  return rows.map((row) =>
    inboxOf(row, depthOf.get(row.id) ?? 0, staffOf.get(row.id), hourOfInbox.get(row.id)),
  );
}

function inboxOf(
  row: BoardInboxRow,
  waiting: number,
  staff: BoardStaffRow = NOBODY,
  lately?: BoardHourRow,
): BoardInbox {
  return {
    inboxId: row.id,
    name: row.name,
    waiting,
    oldestWaitingSince: isoOf(row.waiting_since),
    oldestConversationId: row.oldest_id,
    oldestCustomerName: row.oldest_name,
    overTarget: row.over_target,
    waitP50: lately?.wait_p50 ?? null,
    waitP90: lately?.wait_p90 ?? null,
    arrivals: lately?.arrivals ?? 0,
    given: lately?.given ?? 0,
    resolved: lately?.resolved ?? 0,
    ...staffResponse({ ...staff, free: staff.free ?? Infinity }),
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
        ? [{ ...about, kind: 'OVER_TARGET', since: iso(row.target_at) }]
        : [];
    const alone: BoardAttention[] =
      row.unattended_since !== null
        ? [{ ...about, kind: 'UNATTENDED', since: iso(row.unattended_since) }]
        : [];
    return [...alone, ...late];
  });
  const ofConversations = conversations.map((row): BoardAttention => {
    const { kind, conversation_id: conversationId, inbox_id: inboxId, operator_id: operatorId } = row;
    const { customer_name: customerName, since, until } = row;
    const times = { since: iso(since), until: isoOf(until) };
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
  const bySlot = new Map(hour.map((row) => [row.slot, row]));
  const slots = Array.from({ length: INTERVALS }, (_, slot) => bySlot.get(slot));
  return {
    startsAt: startsAt.toISOString(),
    intervalSeconds: INTERVAL_SECONDS,
    arrivals: slots.map((row) => row?.arrivals ?? 0),
    given: slots.map((row) => row?.given ?? 0),
  };
}
