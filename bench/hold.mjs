// @ts-check
// Gives absent operators hundreds of thousands of conversations.
import { sqlId, tenantId } from './ids.mjs';

const TENANT = tenantId(1);
/** In addition to the operators who call. */
const ABSENT = { from: 501, to: 532 };

const OPERATORS = `
  insert into operators (tenant_id, id, name, role, max_load, availability)
  select $1, ${sqlId.operator('1', 'o')}, 'Absent ' || o, 'OPERATOR', 1000000, 'OFFLINE'
  from generate_series(${ABSENT.from}, ${ABSENT.to}) o on conflict do nothing`;
/** Takes the first conversations of all inboxes. */
const HOLD = `
  with first as (
    select id, row_number() over (order by id)::int as place
    from conversations where tenant_id = $1 order by id limit $2
  )
  update conversations c
  set state = 'ALLOCATED', assigned_operator_id = ${sqlId.operator('1', `${ABSENT.from} + f.place % 32`)},
    basis_at = null, saturated = null, queue_key = null
  from first f
  where c.tenant_id = $1 and c.id = f.id`;
const DUE = `
  insert into deadlines (tenant_id, conversation_id, kind, operator_id, started_at, expires_at)
  select tenant_id, id, 'GRACE', assigned_operator_id, now() - interval '16 minutes', now() - interval '1 minute'
  from conversations where tenant_id = $1 and state = 'ALLOCATED'`;

/**
 * Takes the first conversations of the first tenant.
 * @param {import('pg').Client} client @param {number} due @param {{ withGracePeriods: boolean }} how
 */
export async function hold(client, due, { withGracePeriods }) {
  await client.query(OPERATORS, [TENANT]);
  await client.query(HOLD, [TENANT, due]);
  if (withGracePeriods) await client.query(DUE, [TENANT]);
  await client.query('vacuum (analyze) conversations, deadlines');
}
