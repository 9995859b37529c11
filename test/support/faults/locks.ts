import type { TestDatabase } from '../database.js';
import { until } from '../until.js';

/** Somebody else has locked the rows that the statement asks for while `work` runs. */
export async function whileHolding(
  database: TestDatabase,
  statement: string,
  id: string,
  work: () => Promise<void>,
): Promise<void> {
  const holder = await database.session();
  try {
    await holder.query('begin');
    await holder.query(statement, [id]);
    await work();
  } finally {
    await holder.end();
  }
}

/** Waits until so many sessions wait for a lock. @returns them */
export async function sessionsWaiting(database: TestDatabase, count: number): Promise<number[]> {
  let pids: number[] = [];
  await until(async () => {
    const rows = await database.rows<{ pid: number }>(
      `select pid from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock' and state = 'active'`,
    );
    pids = rows.map(({ pid }) => pid);
    return pids.length >= count;
  });
  return pids;
}
