import type { Client, Pool } from 'pg';
import { DataSource } from 'typeorm';
import type { TestApplication } from '../application.js';
import type { TestDatabase } from '../database.js';

/** A node of EXPLAIN's JSON, with the fields that we use. */
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

/** A scan of a table in the plan of a statement. */
export interface Scan {
  table: string;
  /** null: a scan of the whole table. */
  index: string | null;
  /** Rows that it read, also those that it filtered out. */
  rows: number;
  /** Pages of the index and the table. Many pages reveal a scan of a whole index. */
  buffers: number;
  statement: string;
}

/** Settings with which auto_explain reports each statement, also inside functions. */
const AUTO_EXPLAIN = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_nested_statements': 'on',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_buffers': 'on',
  'auto_explain.log_format': 'json',
  // Send them to the client, because tests cannot read the server's log.
  'auto_explain.log_level': 'notice',
};

/** Makes new sessions of the database report their plans. */
export async function tellPlans(database: TestDatabase): Promise<void> {
  const [row] = await database.rows<{ name: string }>('select current_database() as name');
  for (const [setting, value] of Object.entries(AUTO_EXPLAIN))
    await database.owner.query(`alter database ${row!.name} set ${setting} = '${value}'`);
}

/** Captures the plans of a service's statements on its own connections. */
export class CapturedPlans {
  private scans: Scan[] = [];

  private constructor(private readonly pool: Pool) {}

  /** The service's pool must have one connection, so that each request reuses its plans. */
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

  /** The pool closes idle connections, which would discard their plans. */
  async keepingConnection(work: () => Promise<unknown>): Promise<void> {
    const client = await this.pool.connect();
    try {
      await work();
    } finally {
      client.release();
    }
  }

  /** Discards all plans of the session. */
  async forgetPlans(): Promise<void> {
    await this.pool.query('discard plans');
  }

  /** Disables nested loops, as if PostgreSQL expected every join to be large. */
  async avoidNestedLoops(): Promise<void> {
    await this.pool.query('set enable_nestloop = off');
    await this.forgetPlans();
  }

  /** The scans of tables during `work`. */
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
