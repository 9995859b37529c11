import type { InboxWaits } from '../../src/stats/wait-statistics.js';
import type { World } from './world.js';

interface Entry {
  type: string;
  /** Microseconds since 1970. */
  time: number;
  conversation_id: string;
  inbox_id: string;
  version: number;
  from_state: string | null;
  to_state: string;
  waiting_since: number | null;
}

/** In milliseconds since 1970; null: no bound. */
export interface Bounds {
  from: number | null;
  to: number | null;
}

/** The figures of waits without those of replies, by inbox, counted from the ledger. Inboxes without any are missing. */
export async function countWaits(
  { app, tenantId }: World,
  { from, to }: Bounds,
): Promise<Record<string, Partial<InboxWaits>>> {
  const entries = await app.database.rows<Entry>(
    `select type, (extract(epoch from occurred_at) * 1000000)::float8 as time, conversation_id, inbox_id, version, from_state,
      to_state, (extract(epoch from waiting_since) * 1000000)::float8 as waiting_since
    from conversation_events where tenant_id = $1 and conversation_id is not null
    order by version`,
    [tenantId],
  );
  const inboxes = await app.database.rows<{ id: string; target: number | null }>(
    'select id, wait_target_seconds as target from inboxes where tenant_id = $1',
    [tenantId],
  );
  const ended = entries.filter(
    ({ time, from_state, to_state }) =>
      from_state === 'QUEUED' &&
      to_state !== 'QUEUED' &&
      time >= (from === null ? -Infinity : from * 1_000) &&
      time < (to === null ? Infinity : to * 1_000),
  );
  return Object.fromEntries(inboxes.map(({ id, target }) => [id, figures(id, target)]));

  function figures(inboxId: string, target: number | null): Partial<InboxWaits> {
    const here = ended.filter(({ inbox_id }) => inbox_id === inboxId);
    const waits = here
      .filter(({ to_state }) => to_state === 'ALLOCATED')
      .map((entry) => Math.max(entry.time - begun(entry), 0) / 1_000_000)
      .sort((a, b) => a - b);
    const within = (seconds: number) =>
      waits.length === 0 ? null : waits.filter((wait) => wait <= seconds).length / waits.length;
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    return {
      given: waits.length,
      mean: waits.length === 0 ? null : rounded(mean),
      p50: percentile(waits, 0.5),
      p90: percentile(waits, 0.9),
      p95: percentile(waits, 0.95),
      within: {
        '30': within(30),
        '60': within(60),
        '300': within(300),
        '900': within(900),
        '3600': within(3_600),
      },
      withinTarget: target === null ? null : within(target),
      unserved: here.filter(({ to_state }) => to_state === 'RESOLVED').length,
    };
  }

  /** Older entries do not say since when the customer waited. */
  function begun({ waiting_since, conversation_id, version }: Entry): number {
    const arrival = entries.findLast(
      (entry) =>
        entry.conversation_id === conversation_id &&
        entry.version < version &&
        ['conversation.created', 'conversation.reopened'].includes(entry.type),
    );
    return waiting_since ?? arrival!.time;
  }
}

/** Interpolated, as percentile_cont of PostgreSQL. */
export function percentile(sorted: readonly number[], share: number): number | null {
  if (sorted.length === 0) return null;
  const place = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
  return rounded(below + (above - below) * (place - Math.floor(place)));
}

const rounded = (seconds: number): number => Math.round(seconds * 1_000) / 1_000;
