import type { World } from '../world.js';
import { whileHolding } from './locks.js';

const LOCK = 4_712;
const HOW = {
  fails: `raise exception 'broken by a test'`,
  waits: `perform pg_advisory_xact_lock(${LOCK})`,
};

/** While `work` runs, reading the ledger of one tenant fails, or waits for a lock that nobody gives back. */
export async function whileUnreadable(
  { app: { database }, tenantId }: World,
  how: keyof typeof HOW,
  work: () => Promise<void>,
): Promise<void> {
  await database.rows(`
    create function break_reading() returns boolean language plpgsql as $$
    begin
      ${HOW[how]};
      return true;
    end $$`);
  await database.rows(`
    create policy broken_by_a_test on conversation_events as restrictive for select to inbox_app
    using (case when tenant_id = '${tenantId}' then break_reading() else true end)`);
  try {
    await whileHolding(database, 'select pg_advisory_xact_lock($1)', String(LOCK), work);
  } finally {
    await database.rows('drop function break_reading cascade');
  }
}
