import { whileHolding } from '../faults/locks.js';
import type { World } from '../world.js';
import type { JobCase } from './job-case.js';

export type Break = 'fails' | 'waits';

const LOCK = 4_711;
const HOW: Record<Break, string> = {
  fails: `raise exception 'broken by a test'`,
  waits: `perform pg_advisory_xact_lock(${LOCK})`,
};

/** While `work` runs, the job's writes for one tenant fail, or wait for a lock that is never released. */
export async function whileBroken(
  { table, event, column }: JobCase,
  world: World,
  how: Break,
  work: () => Promise<void>,
): Promise<void> {
  const { database } = world.app;
  await database.rows(`
    create function break_tenant() returns trigger language plpgsql as $$
    begin
      if (case when tg_op = 'DELETE' then old.${column} else new.${column} end) = '${world.tenantId}' then
        ${HOW[how]};
      end if;
      return case when tg_op = 'DELETE' then old else new end;
    end $$`);
  await database.rows(
    `create trigger break_tenant before ${event} on ${table} for each row execute function break_tenant()`,
  );
  try {
    await whileHolding(database, 'select pg_advisory_xact_lock($1)', String(LOCK), work);
  } finally {
    await database.rows('drop function break_tenant cascade');
  }
}
