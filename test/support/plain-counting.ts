import { OUTCOMES, type Outcome } from '../../src/ledger/outcome.js';
import type { QueueStatistics } from '../../src/stats/queue-statistics.js';
import type {
  DistributionStatistics,
  OperatorsStatistics,
  OperatorStatistics,
} from '../../src/stats/stats-responses.js';
import type { SecondsWindow } from './random-lives.js';
import { read } from './story.js';
import type { World } from './world.js';

interface Entry {
  type: string;
  time: number;
  conversation_id: string;
  inbox_id: string;
  version: number;
  from_operator_id: string | null;
  to_operator_id: string | null;
  outcome: Outcome | null;
}

interface Person {
  load: number;
  outcomes: Record<string, number>;
  counts: Record<string, number>;
  mean: number | null;
  p95: number | null;
}

/** The numbers of all statistics, without names and settings. */
export interface Numbers {
  depths: Record<string, number>;
  oldest: Record<string, number | null>;
  /** By inbox and operator, if anything was distributed. */
  given: Record<string, number>;
  people: Record<string, Person>;
}

const NINE = Date.UTC(2026, 2, 2, 9);
const FIELDS: Record<string, 'from' | 'to'> = {
  allocated: 'to',
  claimed: 'to',
  distributed: 'to',
  reassigned: 'to',
  resolved: 'from',
  deallocated: 'from',
  returned: 'from',
  transferred: 'from',
  grace_expired: 'from',
  released: 'from',
  not_accepted: 'from',
  unanswered: 'from',
};

function queryOf({ from, to }: SecondsWindow): string {
  const query = new URLSearchParams();
  const time = (second: number) => new Date(NINE + second * 1_000).toISOString();
  if (from !== null) query.set('from', time(from));
  if (to !== null) query.set('to', time(to));
  return query.toString();
}

/** The figures of the service. */
export async function readAll(world: World, window: SecondsWindow): Promise<Numbers> {
  const query = queryOf(window);
  const queue = await read<QueueStatistics>(world, '/stats/queue');
  const distribution = await read<DistributionStatistics>(world, `/stats/distribution?${query}`);
  const operators = await read<OperatorsStatistics>(world, `/stats/operators?${query}`);
  const people: Record<string, Person> = {};
  for (const all of operators.data) {
    const one = await read<OperatorStatistics>(world, `/operators/${all.operatorId}/stats?${query}`);
    const { transitions, resolvedByOutcome, load, timeToResolve, graceExpirations } = one;
    const { p95Seconds, ...mean } = timeToResolve;
    // The statistics of one operator must agree with those of all.
    expect({ transitions, resolvedByOutcome, load, timeToResolve: mean, graceExpirations }).toEqual({
      transitions: all.transitions,
      resolvedByOutcome: all.resolvedByOutcome,
      load: all.load,
      timeToResolve: all.timeToResolve,
      graceExpirations: transitions.graceExpired,
    });
    const { graceExpired, notAccepted, ...counts } = transitions;
    people[all.operatorId] = {
      load,
      outcomes: { ...resolvedByOutcome },
      counts: { ...counts, grace_expired: graceExpired, not_accepted: notAccepted },
      mean: mean.meanSeconds,
      p95: p95Seconds,
    };
  }
  const given = distribution.data.filter((row) => row.given > 0);
  return {
    depths: Object.fromEntries(queue.data.map(({ inboxId, depth }) => [inboxId, depth])),
    oldest: Object.fromEntries(
      queue.data.map(({ inboxId, oldestWaitingSince: since }) => [
        inboxId,
        since === null ? null : Date.parse(since),
      ]),
    ),
    given: Object.fromEntries(given.map((row) => [`${row.inboxId} ${row.operatorId}`, row.given])),
    people,
  };
}

/** The same figures, counted from the ledger. */
export async function countPlainly(world: World, { from, to }: SecondsWindow): Promise<Numbers> {
  const { app, tenantId } = world;
  const rows = <Row extends object>(text: string) => app.database.rows<Row>(text, [tenantId]);
  const entries = await rows<Entry>(`
    select replace(type, 'conversation.', '') as type, extract(epoch from occurred_at)::float8 * 1000 as time,
      conversation_id, inbox_id, version, from_operator_id, to_operator_id, outcome
    from conversation_events where tenant_id = $1 and conversation_id is not null order by version`);
  const conversations = await rows<{
    inbox_id: string;
    state: string;
    assigned_operator_id: string | null;
    waiting_since: Date;
  }>('select inbox_id, state, assigned_operator_id, waiting_since from conversations where tenant_id = $1');
  const inboxes = await rows<{ id: string }>('select id from inboxes where tenant_id = $1');
  const operators = await rows<{ id: string }>('select id from operators where tenant_id = $1');
  const counted = entries.filter(
    ({ time }) =>
      time >= (from === null ? -Infinity : NINE + from * 1_000) &&
      time < (to === null ? Infinity : NINE + to * 1_000),
  );

  const waiting = (inbox: string) =>
    conversations.filter((c) => c.inbox_id === inbox && c.state === 'QUEUED');
  const given: Record<string, number> = {};
  for (const { type, inbox_id, to_operator_id } of counted) {
    const pair = `${inbox_id} ${to_operator_id}`;
    if (type === 'distributed') given[pair] = (given[pair] ?? 0) + 1;
  }
  return {
    depths: Object.fromEntries(inboxes.map(({ id }) => [id, waiting(id).length])),
    oldest: Object.fromEntries(
      inboxes.map(({ id }) => {
        const times = waiting(id).map(({ waiting_since }) => waiting_since.getTime());
        return [id, times.length === 0 ? null : Math.min(...times)];
      }),
    ),
    given,
    people: Object.fromEntries(operators.map(({ id }) => [id, person(id)])),
  };

  function person(id: string): Person {
    const resolved = counted.filter(
      ({ type, from_operator_id }) => type === 'resolved' && from_operator_id === id,
    );
    const times = resolved.map((entry) => secondsHeld(entry, entries)).sort((a, b) => a - b);
    const counts = Object.entries(FIELDS).map(([field, side]) => [
      field,
      counted.filter((entry) => entry.type === field && entry[`${side}_operator_id`] === id).length,
    ]);
    return {
      load: conversations.filter(({ assigned_operator_id }) => assigned_operator_id === id).length,
      outcomes: Object.fromEntries(
        OUTCOMES.map((one) => [
          one.toLowerCase(),
          resolved.filter(({ outcome }) => (outcome ?? 'HANDLED') === one).length,
        ]),
      ),
      counts: Object.fromEntries(counts) as Record<string, number>,
      mean: times.length === 0 ? null : rounded(times.reduce((sum, time) => sum + time) / times.length),
      p95: times.length === 0 ? null : rounded(percentile(times, 0.95)),
    };
  }
}

/** Counts from the last entry with a new holder. */
function secondsHeld({ conversation_id, version, time }: Entry, entries: readonly Entry[]): number {
  const begun = entries.findLast(
    (entry) =>
      entry.conversation_id === conversation_id &&
      entry.version < version &&
      entry.to_operator_id !== null &&
      entry.to_operator_id !== entry.from_operator_id,
  );
  return Math.max(time - begun!.time, 0) / 1_000;
}

function percentile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
  return below + (above - below) * (place - Math.floor(place));
}

const rounded = (seconds: number): number => Math.round(seconds * 1_000) / 1_000;
