import type { TestDatabase } from '../database.js';
import { until } from '../until.js';

/** Another session locks the rows of the statement while `work` runs. */
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

/** Waits until `count` sessions wait for a lock. @returns their process ids */
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
