import type { DatabaseEnvironment } from '../config/environment.js';
import type { Query } from './server-version.js';

/** The catalogue of Citus exists only where the extension is, so it is read in a statement of its own. */
const HAS_CITUS = `select exists (select 1 from pg_extension where extname = 'citus') as found`;
const IS_DISTRIBUTED = `
  select exists (select 1 from pg_dist_partition where logicalrelid = to_regclass('public.tenants')) as found`;

/** Whether `db:run --citus` spread the tables over several servers. */
export async function isDistributed(query: Query): Promise<boolean> {
  return (await finds(query, HAS_CITUS)) && (await finds(query, IS_DISTRIBUTED));
}

/**
 * Without its session settings the tenant of a transaction does not reach the other nodes, and row-level security
 * hides every row there.
 * @throws Error with one line
 */
export async function checkDistribution(query: Query, database: DatabaseEnvironment): Promise<void> {
  const found = await isDistributed(query);
  if (found && !database.isDistributed)
    throw new Error('Citus spreads the tables of this database over several servers: set DATABASE_CITUS=yes');
  if (!found && database.isDistributed)
    throw new Error(
      'DATABASE_CITUS=yes, but the tables of this database are on one server: run db:run --citus, or set DATABASE_CITUS=no',
    );
}

async function finds(query: Query, text: string): Promise<boolean> {
  const [row] = (await query(text)) as { found: boolean }[];
  return row?.found === true;
}
