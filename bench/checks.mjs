// @ts-check
// Checks the results. A wrong one fails the run, however fast it was.
import { one } from './database.mjs';
import { score } from './formula.mjs';
import { INBOXES, SUBSCRIPTIONS } from './ids.mjs';

/**
 * Compares the allocations in the ledger since `$1` with the responses: conversations `$2`, operators `$3`.
 */
const GIVEN = `
  with event as materialized (
    select e.conversation_id, e.to_operator_id
    from tenants t
    cross join lateral (
      select * from conversation_events e
      where e.tenant_id = t.id and e.occurred_at >= $1 and e.occurred_at > '-infinity' offset 0) e
    where e.type = 'conversation.allocated'
  ), response as materialized (
    select * from unnest($2::uuid[], $3::uuid[]) as a (conversation_id, operator_id)
  )
  select (select count(*)::int from event) as events,
    (select count(*)::int - count(distinct conversation_id)::int from event) as twice_in_ledger,
    (select count(*)::int - count(distinct conversation_id)::int from response) as twice_in_responses,
    (select count(*)::int from response a
      where not exists (select from event e where e.conversation_id = a.conversation_id
        and e.to_operator_id = a.operator_id)) as not_in_ledger`;

/**
 * Counts false empties: operators `$2` were told at `$3` that nothing waits, although a conversation waited in one of
 * their inboxes. It still waits, or was allocated later.
 */
const FALSE_EMPTIES = `
  select count(*)::int as false_empties
  from unnest($2::uuid[], $3::timestamptz[]) as n (operator_id, heard_at)
  join operators o on o.id = n.operator_id
  where exists (
    select from subscriptions s
    join conversations c on c.tenant_id = s.tenant_id and c.inbox_id = s.inbox_id and c.state = 'QUEUED'
    where s.tenant_id = o.tenant_id and s.operator_id = o.id
  ) or exists (
    select from conversation_events e
    join subscriptions s on s.tenant_id = e.tenant_id and s.inbox_id = e.inbox_id and s.operator_id = o.id
    where e.tenant_id = o.tenant_id and e.occurred_at >= $1 and e.occurred_at > n.heard_at
      and e.occurred_at > '-infinity' and e.type = 'conversation.allocated')`;

/**
 * Compares each pick of an operator `$2` of tenant `$1` since `$3` with every conversation that the service could have
 * picked instead: those that still wait, and those that others took more than `$4` later, after all simultaneous
 * transactions had ended. Under load (`$4` above 0) it leaves out conversations that pass their cap in that minute,
 * because the sweep may hold them. Two scores are equal when a double cannot distinguish them. Then the older
 * conversation goes first. `$5` is the largest number of picks.
 */
const INEXACT = `
  with settings as materialized (select * from tenants where id = $1),
  given as materialized (
    select e.conversation_id as id, e.inbox_id, e.occurred_at, e.to_operator_id, e.score
    from conversation_events e
    where e.tenant_id = $1 and e.occurred_at >= $3 and e.occurred_at > '-infinity' and e.type = 'conversation.allocated'
  ), candidate as materialized (
    select c.id, c.waiting_message_count, g.occurred_at as taken_at, g.to_operator_id, g.score as told,
      case t.delay_basis when 'WAITING_SINCE' then c.waiting_since else c.last_message_at end as basis
    from settings t
    join subscriptions s on s.tenant_id = t.id and s.operator_id = $2
    join conversations c on c.tenant_id = t.id and c.inbox_id = s.inbox_id
    left join given g on g.id = c.id
    where (c.state = 'QUEUED' or g.id is not null)
  ), pick as materialized (
    select p.*, ${score('p.taken_at', 'p', 'p.basis')} as score
    from settings t cross join candidate p
    where p.to_operator_id = $2 order by random() limit $5
  )
  select count(*)::int as compared,
    count(*) filter (where abs(p.score - p.told) > 1e-6)::int as wrong_scores,
    count(*) filter (where exists (
      select from candidate c
      where c.id <> p.id and (c.taken_at is null or c.taken_at > p.taken_at + $4 * interval '1 millisecond')
        and (${score('p.taken_at', 'c', 'c.basis')} > p.score + 1e-10
          or (${score('p.taken_at', 'c', 'c.basis')} >= p.score - 1e-10 and (c.basis, c.id) < (p.basis, p.id)))
        and ($4 = 0 or p.taken_at - c.basis not between
          coalesce(t.max_delay_minutes, 525600) * interval '1 minute' - interval '1 second'
          and coalesce(t.max_delay_minutes, 525600) * interval '1 minute' + interval '1 minute')
    ))::int as inexact
  from settings t cross join pick p`;

/** Clients and database share a clock. Both round to milliseconds. */
const CLOCK_MS = 5;

/** The findings of all runs. */
export class Findings {
  constructor() {
    this.allocations = 0;
    this.compared = 0;
    this.inexact = 0;
    this.duplicates = 0;
    this.falseEmpties = 0;
    this.empties = 0;
    this.unexpected = 0;
    /** @type {Record<string, number>} what is wrong, where, and how often */
    this.violations = {};
  }

  /** @param {number} count @param {string} what @param {string} where */
  violation(count, what, where) {
    const name = `${where}: ${what}`;
    if (count > 0) this.violations[name] = (this.violations[name] ?? 0) + count;
  }
}

/**
 * @typedef {object} Slice what happened between two refills
 * @property {string} where
 * @property {string} since
 * @property {{ conversationId: string, operatorId: string }[] | null} given null: the clients do not keep them
 * @property {{ operatorId: string, at: number }[]} empties
 * @property {number} longestMs the longest transaction
 */

/** Limits the rows that the check of one slice reads, to about a second. */
const COMPARED_ROWS = 200_000;

/**
 * How many operators of a slice the check compares, and how many picks of each. Long queues get fewer.
 * @param {{ depth: number, tenants: number }} world
 */
export function sampleOf({ depth, tenants }) {
  const queue = (depth / tenants) * (SUBSCRIPTIONS / INBOXES);
  return { operators: Math.max(1, Math.min(20, Math.floor(COMPARED_ROWS / queue))), picks: 20 };
}

/**
 * @param {import('pg').Client} client the owner's
 * @param {Findings} findings
 * @param {Slice} slice
 * @param {{ operators: number, picks: number }} depth how many operators to compare, and how many picks of each
 */
export async function check(client, findings, slice, { operators, picks }) {
  await client.query('set enable_seqscan = off');
  const { where, since, given, empties } = slice;
  const ledger = await one(client, GIVEN, [
    since,
    given?.map(({ conversationId }) => conversationId) ?? [],
    given?.map(({ operatorId }) => operatorId) ?? [],
  ]);
  findings.allocations += ledger.events;
  const twice = ledger.twice_in_ledger + ledger.twice_in_responses;
  findings.duplicates += twice;
  findings.violation(twice, 'a conversation was allocated twice', where);
  findings.violation(ledger.not_in_ledger, 'a response is not in the ledger', where);
  const untold = given === null ? 0 : ledger.events - given.length;
  findings.violation(Math.abs(untold), 'the ledger and the responses differ in number', where);
  if (empties.length > 0) {
    // A transaction that began before the response may have held the row.
    const heard = empties.map(({ at }) => new Date(at + CLOCK_MS).toISOString());
    const operatorIds = empties.map(({ operatorId }) => operatorId);
    const { false_empties } = await one(client, FALSE_EMPTIES, [since, operatorIds, heard]);
    findings.empties += empties.length;
    findings.falseEmpties += false_empties;
    findings.violation(false_empties, 'a response that nothing waits, while something did', where);
  }
  const { rows } = await client.query(
    `select e.tenant_id, e.to_operator_id as operator_id
    from tenants t cross join lateral (
      select * from conversation_events e
      where e.tenant_id = t.id and e.occurred_at >= $1 and e.occurred_at > '-infinity' offset 0) e
    where e.type = 'conversation.allocated'
    group by 1, 2 order by random() limit $2`,
    [since, operators],
  );
  for (const { tenant_id, operator_id } of rows) {
    const found = await one(client, INEXACT, [tenant_id, operator_id, since, slice.longestMs, picks]);
    findings.compared += found.compared;
    findings.inexact += found.inexact;
    findings.violation(found.inexact, 'a pick was not the best one', where);
    findings.violation(found.wrong_scores, 'the ledger tells another score than the formula gives', where);
  }
}
