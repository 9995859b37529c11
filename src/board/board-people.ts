import { sql } from '../database/statement.js';
import { STAFF_OF_INBOXES, type StaffColumns } from '../stats/staff-of-inboxes.js';
import { BOARD_ATTENTION, type BoardAttentionRow } from './board-attention.js';
import { BOARD_OPERATORS } from './board-operators.js';

/**
 * The operators, the staff of the inboxes and what needs attention in tenant $1, in one row: all three look at what is held,
 * and reading that takes most of the time. The other parameters are those of BOARD_ATTENTION.
 */
export const BOARD_PEOPLE = sql`
  with ${STAFF_OF_INBOXES}
  select (select coalesce(json_agg(s), '[]') from (
      select s.inbox_id, s.available, s.paused, s.offline, nullif(s.free, 'Infinity') as free from staff s) s) as staff,
    (${BOARD_OPERATORS}) as operators,
    (select coalesce(json_agg(a), '[]') from (${BOARD_ATTENTION}) a) as attention`;

export interface BoardPeopleRow {
  staff: BoardStaffRow[];
  operators: string | null;
  attention: BoardAttentionRow[];
}

export interface BoardStaffRow extends StaffColumns {
  inbox_id: string;
  /** null: no limit. JSON has no infinity. */
  free: number | null;
}
