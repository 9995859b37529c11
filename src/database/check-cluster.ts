import { sqlStateOf } from './failure.js';
import type { Query } from './server-version.js';

interface Node {
  node: string;
  /** Whether the node takes part in the cluster. */
  is_active: boolean;
  holds_tables: boolean;
}

const NODES = `
  select n.nodename || ':' || n.nodeport as node, n.isactive as is_active, n.shouldhaveshards as holds_tables
  from pg_dist_node n where n.noderole = 'primary' order by n.nodeid`;

const UNREACHABLE = `
  select distinct to_nodename || ':' || to_nodeport as node from citus_check_cluster_node_health()
  where not coalesce(result, false) order by 1`;

/** @throws Error with one line when tables cannot be distributed on this server */
export async function checkCluster(query: Query): Promise<void> {
  const [server] = (await query(`
    select exists (select 1 from pg_extension where extname = 'citus') as has_citus,
      current_database() as database`)) as { has_citus: boolean; database: string }[];
  if (server?.has_citus !== true)
    throw new Error(
      `the database ${server?.database ?? ''} does not have the extension citus: install Citus on every node, then run ` +
        '"create extension citus" in this database of each (docs/scale-out.md)',
    );
  if (!(await isCoordinator(query)))
    throw new Error('this node is a worker: DATABASE_ADMIN_URL must lead to the coordinator of the cluster');
  const nodes = (await query(NODES)) as Node[];
  if (!nodes.some(({ is_active, holds_tables }) => is_active && holds_tables))
    throw new Error(
      `the cluster has no worker: add one on the coordinator with "select citus_add_node('host', 5432)" (docs/scale-out.md)`,
    );
  const away = nodes.filter(({ is_active }) => !is_active).map(({ node }) => node);
  const found = away.length > 0 ? away : ((await query(UNREACHABLE)) as Node[]).map(({ node }) => node);
  if (found.length > 0) throw new Error(`these nodes of the cluster do not respond: ${found.join(', ')}`);
}

async function isCoordinator(query: Query): Promise<boolean> {
  try {
    const [row] = (await query('select citus_is_coordinator() as is_coordinator')) as {
      is_coordinator: boolean;
    }[];
    return row?.is_coordinator === true;
  } catch (error) {
    if (sqlStateOf(error) !== '42883') throw error;
    throw new Error('this Citus is too old: 12 or newer is needed', { cause: error });
  }
}
