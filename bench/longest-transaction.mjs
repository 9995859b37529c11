// @ts-check
// Measures the longest writing transaction. No lock is held longer.
import { pause } from '../scripts/processes.mjs';

const EVERY_MS = 10;
const OLDEST = `
  select extract(epoch from clock_timestamp() - xact_start)::float8 * 1000 as milliseconds, query, wait_event
  from pg_stat_activity
  where datname = current_database() and application_name = 'inbox-allocation' and backend_xid is not null
  order by xact_start limit 1`;

/**
 * Samples the service's transactions at an interval until it is stopped, and then ends the connection.
 * @param {import('pg').Client} client
 */
export function watchTransactions(client) {
  let watching = true;
  /** @type {{ milliseconds: number, query: string, waitEvent: string | null }} */
  const longest = { milliseconds: 0, query: '', waitEvent: null };
  const watched = (async () => {
    for (; watching; await pause(EVERY_MS)) {
      const { rows } = await client.query({ name: 'oldest', text: OLDEST });
      const [oldest] = rows;
      if (oldest !== undefined && oldest.milliseconds > longest.milliseconds) {
        longest.milliseconds = oldest.milliseconds;
        longest.query = oldest.query.replace(/\s+/g, ' ').trim().slice(0, 200);
        longest.waitEvent = oldest.wait_event;
      }
    }
  })();
  // Ctrl-C may have cut the connection already.
  watched.catch(() => {});
  const stop = async () => {
    watching = false;
    await watched.finally(() => client.end().catch(() => {}));
  };
  return { longest, stop };
}
