// @ts-check
// Checks of runs in which conversations return to the queue.
import { one } from './database.mjs';
import { delay, score } from './formula.mjs';

/**
 * A conversation was allocated twice if two entries with adjacent versions both allocate it. Each transition adds one
 * version.
 */
const TWICE = `
  select count(*)::int as allocations,
    count(*) filter (where exists (
      select from conversation_events b
      where b.tenant_id = e.tenant_id and b.conversation_id = e.conversation_id and b.version = e.version - 1
        and b.to_state = 'ALLOCATED' and b.occurred_at >= $1))::int as twice
  from tenants t
  cross join lateral (
    select * from conversation_events e
    where e.tenant_id = t.id and e.occurred_at >= $1 and e.occurred_at > '-infinity' offset 0) e
  where e.type = 'conversation.allocated'`;

/**
 * @param {import('pg').Client} client
 * @param {import('./checks.mjs').Findings} findings
 * @param {string} since
 * @param {string} where
 */
export async function allocationsInTurn(client, findings, since, where) {
  const { allocations, twice } = await one(client, TWICE, [since]);
  findings.allocations += allocations;
  findings.duplicates += twice;
  findings.violation(twice, 'a conversation was allocated twice', where);
}

/**
 * Conversations without an entry since `$2` waited all the time. No pick of tenant `$1` since `$3` may score less than
 * one of them. Conversations near their cap don't count, because the sweep may hold them.
 */
const WORSE = `
  with settings as materialized (select * from tenants where id = $1),
  pick as materialized (
    select e.occurred_at, e.to_operator_id as operator_id,
      ${score('e.occurred_at', 'c', 'basis.at')} as score
    from settings t
    join conversation_events e on e.tenant_id = t.id and e.occurred_at >= $3 and e.occurred_at > '-infinity'
      and e.type = 'conversation.allocated'
    join conversations c on c.tenant_id = t.id and c.id = e.conversation_id
    cross join lateral (
      select case t.delay_basis when 'WAITING_SINCE' then c.waiting_since else c.last_message_at end as at) basis
    order by random() limit 20
  ), candidate as materialized (
    select c.inbox_id, c.waiting_message_count,
      case t.delay_basis when 'WAITING_SINCE' then c.waiting_since else c.last_message_at end as at
    from settings t join conversations c on c.tenant_id = t.id and c.state = 'QUEUED'
    where not exists (
      select from conversation_events e
      where e.tenant_id = t.id and e.conversation_id = c.id and e.occurred_at >= $2)
  )
  select count(*)::int as compared,
    count(*) filter (where exists (
      select from candidate c
      join subscriptions s on s.tenant_id = $1 and s.operator_id = p.operator_id and s.inbox_id = c.inbox_id
      where ${score('p.occurred_at', 'c', 'c.at')} > p.score + 1e-10
        and (t.max_delay_minutes is null or ${delay('p.occurred_at', 'c.at')} not between
          t.max_delay_minutes - 0.02 and t.max_delay_minutes + 1)))::int as inexact
  from settings t cross join pick p`;

/**
 * @param {import('pg').Client} client @param {import('./checks.mjs').Findings} findings @param {string} since
 * @param {string} where @param {string} [picksSince] only later picks
 */
export async function untouched(client, findings, since, where, picksSince = since) {
  const { rows } = await client.query('select id from tenants order by random() limit 5');
  for (const { id } of rows) {
    const { compared, inexact } = await one(client, WORSE, [id, since, picksSince]);
    findings.compared += compared;
    findings.inexact += inexact;
    findings.violation(inexact, 'a pick was not the best one', where);
  }
}
