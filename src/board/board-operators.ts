import type { BoardOperator } from './board.js';

/** A common table expression: the inboxes of each operator of tenant $1, as the items of an array of JSON. */
export const SUBSCRIBED = `
  subscribed as materialized (
    select s.operator_id, '"' || string_agg(s.inbox_id::text, '","' order by s.inbox_id) || '"' as inbox_ids
    from subscriptions s where s.tenant_id = $1 group by s.operator_id
  )`;

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
const OPERATOR = Object.entries(FIELDS).map(([field, json]) => `'"${field}":' || ${json}`);

/**
 * The active operators of tenant $1 by name, with what they hold and when they were last given something. It is the JSON of
 * the response: with thousands of them, reading rows and writing them again takes longer than all the rest.
 */
export const BOARD_OPERATORS = `
  select '[' || coalesce(string_agg('{' || ${OPERATOR.join(` || ',' || `)} || '}', ',' order by o.name, o.id), '') || ']'
  from operators o
  left join held_by h on h.operator_id = o.id
  left join last_given g on g.operator_id = o.id
  left join subscribed s on s.operator_id = o.id
  where o.tenant_id = $1 and o.is_active`;
