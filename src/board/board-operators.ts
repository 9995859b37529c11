import { sql } from '../database/statement.js';
import { LAST_GIVEN } from '../operators/last-given.js';
import type { BoardOperator } from './board.js';

const quoted = (text: string) => `'"' || ${text} || '"'`;
const orNull = (json: string) => `coalesce((${json})::text, 'null')`;
/** A time as every response has it. */
const iso = (time: string) => `to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const FIELDS: Record<keyof BoardOperator, string> = {
  operatorId: quoted('o.id'),
  name: 'to_json(o.name)',
  status: quoted('o.availability'),
  reason: orNull('to_json(o.status_reason)'),
  since: quoted(iso('o.last_status_change_at')),
  load: 'coalesce(h.load, 0)',
  parked: 'coalesce(h.parked, 0)',
  maxLoad: orNull('o.max_load'),
  lastGivenAt: orNull(quoted(iso('g.last_given_at'))),
  inboxIds: `'[' || coalesce(s.inbox_ids, '') || ']'`,
};

/** What is read beside the rest, so that both connections of the board have about the same to do. */
const BESIDE: ReadonlySet<string> = new Set(['lastGivenAt', 'inboxIds']);

/**
 * A line for each active operator of tenant $1, by name, with members of the JSON of the response: with thousands of
 * operators, reading rows and writing them again takes longer than all the rest. JSON text has no line breaks.
 */
function lines(isIn: (field: string) => boolean, joins: string): string {
  const members = Object.entries(FIELDS).flatMap(([field, json]) =>
    isIn(field) ? [`'"${field}":' || ${json}`] : [],
  );
  return `
  select string_agg(${members.join(` || ',' || `)}, E'\\n' order by o.name, o.id)
  from operators o ${joins}
  where o.tenant_id = $1 and o.is_active`;
}

/** Who they are, and what they hold. */
export const BOARD_OPERATORS = lines(
  (field) => !BESIDE.has(field),
  'left join held_by h on h.operator_id = o.id',
);

/** Where they work, and when they were last given something: the ends of the lines of BOARD_OPERATORS. */
export const BOARD_OPERATORS_BESIDE = sql`
  with ${LAST_GIVEN}, subscribed as materialized (
    select s.operator_id, '"' || string_agg(s.inbox_id::text, '","' order by s.inbox_id) || '"' as inbox_ids
    from subscriptions s where s.tenant_id = $1 group by s.operator_id
  )
  select (${lines(
    (field) => BESIDE.has(field),
    'left join last_given g on g.operator_id = o.id left join subscribed s on s.operator_id = o.id',
  )}) as lines`;

/** The JSON of the operators, from both. */
export function operatorsJson(operators: string | null, beside: string | null): string {
  if (operators === null || beside === null) return '[]';
  const ends = beside.split('\n');
  return `[${operators
    .split('\n')
    .map((line, index) => `{${line},${ends[index]}}`)
    .join(',')}]`;
}
