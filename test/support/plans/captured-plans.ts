import type { Client, Pool } from 'pg';
import { DataSource } from 'typeorm';
import type { TestApplication } from '../application.js';
import type { TestDatabase } from '../database.js';

/** A node of EXPLAIN's JSON, as far as it is read here. */
interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: PlanNode[];
}

/** One way in which a statement that ran has read a table. */
export interface Scan {
  table: string;
  /** null: it read the whole table. */
  index: string | null;
  /** Rows it looked at, whether they were wanted or not. */
  rows: number;
  /** Pages of the index and of the table; a scan of a whole index gives itself away by these. */
  buffers: number;
  statement: string;
}

/** What auto_explain says of each statement, also inside of functions, and of nothing else. */
const AUTO_EXPLAIN = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_nested_statements': 'on',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_buffers': 'on',
  'auto_explain.log_format': 'json',
  // To the one who sent the statement, not into the server's log, which nobody here may read.
  'auto_explain.log_level': 'notice',
};

/** From now on, new sessions on the database tell their plans. */
export async function tellPlans(database: TestDatabase): Promise<void> {
  const [row] = await database.rows<{ name: string }>('select current_database() as name');
  for (const [setting, value] of Object.entries(AUTO_EXPLAIN))
    await database.owner.query(`alter database ${row!.name} set ${setting} = '${value}'`);
}

/** The plans of the statements that a service really runs, from its own connections. */
export class CapturedPlans {
  private scans: Scan[] = [];

  private constructor(private readonly pool: Pool) {}

  /** Of a service whose pool has one connection, so that every plan is kept where the next request finds it. */
  static async of(app: TestApplication): Promise<CapturedPlans> {
    const { master } = app.nest.get(DataSource).driver as unknown as { master: Pool };
    const plans = new CapturedPlans(master);
    const listenTo = (client: Client) => client.on('notice', ({ message }) => plans.take(message));
    master.on('connect', (client) => listenTo(client as unknown as Client));
    const client = await master.connect();
    listenTo(client);
    client.release();
    return plans;
  }

  /** The pool closes what is idle for long, and the plans would go with it. */
  async keepingConnection(work: () => Promise<unknown>): Promise<void> {
    const client = await this.pool.connect();
    try {
      await work();
    } finally {
      client.release();
    }
  }

  /** As a new session begins: the next run of each statement plans it anew. */
  async forgetPlans(): Promise<void> {
    await this.pool.query('discard plans');
  }

  /** As if PostgreSQL took every join for so large that it goes through both sides as a whole, wherever it has a choice. */
  async avoidNestedLoops(): Promise<void> {
    await this.pool.query('set enable_nestloop = off');
    await this.forgetPlans();
  }

  /** How the tables were read while the work was done. */
  async during(work: () => Promise<unknown>): Promise<Scan[]> {
    this.scans = [];
    await work();
    return this.scans;
  }

  private take(message: string | undefined): void {
    const json = /^duration: .*? plan:\s*(\{[^]*)$/.exec(message ?? '')?.[1];
    if (json === undefined) return;
    const { 'Query Text': text, Plan: plan } = JSON.parse(json) as { 'Query Text': string; Plan: PlanNode };
    this.scans.push(...scansIn(plan, text));
  }
}

function scansIn(node: PlanNode, statement: string): Scan[] {
  const below = (node.Plans ?? []).flatMap((child) => scansIn(child, statement));
  const table = node['Relation Name'];
  if (table === undefined || !node['Node Type'].includes('Scan') || node['Actual Loops'] === 0) return below;
  const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return [
    {
      table,
      index: node['Index Name'] ?? indexBelow(node),
      rows: Math.round((node['Actual Rows'] + removed) * node['Actual Loops']),
      buffers: node['Shared Hit Blocks'] + node['Shared Read Blocks'],
      statement,
    },
    ...below,
  ];
}

/** A bitmap scan names its indexes in the nodes below it. */
function indexBelow(node: PlanNode): string | null {
  const names = (node.Plans ?? []).flatMap((child) => child['Index Name'] ?? indexBelow(child) ?? []);
  return names.length === 0 ? null : names.join(' + ');
}
