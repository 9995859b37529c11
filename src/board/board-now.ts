import { sql } from '../database/statement.js';
import { LAST_GIVEN } from '../operators/last-given.js';
import { STAFF_OF_INBOXES } from '../stats/staff-of-inboxes.js';
import { BOARD_ATTENTION, type BoardAttentionRow } from './board-attention.js';
import { BOARD_INBOXES, type BoardInboxRow } from './board-inboxes.js';
import { BOARD_OPERATORS, SUBSCRIBED, type BoardOperatorRow } from './board-operators.js';

/**
 * The inboxes, the operators and what needs attention in tenant $1, as JSON in one row: all three look at what is held, and
 * reading that takes most of the time. The other parameters are those of BOARD_ATTENTION.
 */
export const BOARD_NOW = sql`
  with ${STAFF_OF_INBOXES}, ${LAST_GIVEN}, ${SUBSCRIBED}
  select (select coalesce(json_agg(i), '[]') from (${BOARD_INBOXES}) i) as inboxes,
    (select coalesce(json_agg(o), '[]') from (${BOARD_OPERATORS}) o) as operators,
    (select coalesce(json_agg(a), '[]') from (${BOARD_ATTENTION}) a) as attention`;

export interface BoardNowRow {
  inboxes: BoardInboxRow[];
  operators: BoardOperatorRow[];
  attention: BoardAttentionRow[];
}
