import { Client } from 'pg';
import type { TestDatabase } from '../database.js';

/** Somebody else has locked the rows that the statement asks for while `work` runs. */
export async function whileHolding(
  database: TestDatabase,
  statement: string,
  id: string,
  work: () => Promise<void>,
): Promise<void> {
  const holder = new Client({ connectionString: database.url });
  await holder.connect();
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
  for (const end = Date.now() + 20_000; ;) {
    const rows = await database.rows<{ pid: number }>(
      `select pid from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock' and state = 'active'`,
    );
    if (rows.length >= count) return rows.map(({ pid }) => pid);
    if (Date.now() > end) throw new Error(`${rows.length} sessions wait for a lock, not ${count}`);
  }
}
