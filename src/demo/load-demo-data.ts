import { DataSource } from 'typeorm';
import { isSure, readOptions } from '../config/command-line.js';
import { readEnvironment, type DatabaseEnvironment, type Environment } from '../config/environment.js';
import { loadEnvFile } from '../config/load-env-file.js';
import { connect } from '../database/connect.js';
import { migrationDataSource } from '../database/data-source.js';
import { databaseProblem } from '../database/database-problem.js';
import { Database, type Transaction } from '../database/database.js';
import { LOWEST_ID } from '../database/id.js';
import { ENTITIES } from '../entities.js';
import { LIST_TENANTS } from '../tenants/tenant-statements.js';
import { Tenant } from '../tenants/tenant.js';
import { DEMO } from './demo-data.js';
import { TEAM } from './demo-team.js';
import { loadDemoTeam } from './load-demo-team.js';
import { loadDemoTenant } from './load-demo-tenant.js';
import { deleteTenant } from './delete-tenant.js';

const USAGE = `pnpm run demo              creates two tenants in the database of DATABASE_URL: "${DEMO.tenant.name}", which has fixed ids
                           and is that of the tours, and "${TEAM.tenant.name}", in the middle of a busy day
pnpm run demo --reset      first deletes these tenants and all their data, as the schema owner (DATABASE_ADMIN_URL).
                           Old cursors of their feeds stop working: read the feed from the start again
                           --yes: do not ask for confirmation
pnpm run demo --if-empty   loads nothing when the database has a tenant already

Refuses to run in production. With npm: npm run demo -- --reset. Without DATABASE_URL it uses the database of
npm start, which can keep running.`;

const OPTIONS = {
  'if-empty': { type: 'boolean' },
  reset: { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
} as const;

interface DemoTenant {
  readonly tenant: { readonly id: string; readonly name: string };
  readonly operators: readonly object[];
  readonly inboxes: readonly object[];
  /** Returns how many conversations there are. */
  readonly load: (tx: Transaction, environment: Environment) => Promise<number>;
}

const DEMO_TENANTS: readonly DemoTenant[] = [
  { ...DEMO, load: loadDemoTenant },
  { ...TEAM, load: loadDemoTeam },
];

async function main(): Promise<number> {
  const options = readOptions(OPTIONS, USAGE);
  if (options === null) return 0;
  loadEnvFile();
  // Loading demo data does not depend on how callers authenticate, so the command must not require those secrets.
  const environment = readEnvironment({
    ...process.env,
    AUTH_MODE: 'trusted-headers',
    TRUST_GATEWAY_HEADERS: 'yes',
  });
  if (environment.nodeEnv === 'production')
    throw new Error('NODE_ENV is production: the demo tenant does not belong among real tenants');
  const source = await connect(environment.database, ENTITIES, (message) => console.error(message));
  try {
    const database = new Database(source);
    let existing = await demoTenants(database);
    if (existing.length > 0 && options.reset === true) {
      if (options.yes !== true && !(await isSure(resetWarning(environment.database, existing)))) {
        console.error('Nothing was deleted.');
        return 1;
      }
      await deleteTenants(environment.database, existing);
      existing = [];
    }
    if (existing.length === 0 && options['if-empty'] === true && (await hasTenants(database))) {
      console.log('The database has tenants already. Nothing was loaded.');
      return 0;
    }
    for (const demo of DEMO_TENANTS) {
      if (existing.includes(demo)) {
        console.log(`The ${nameOf(demo)} exists already. Use --reset to create it again.`);
      } else {
        const conversations = await database.inTenant(demo.tenant.id, (tx) => demo.load(tx, environment));
        const { operators, inboxes } = demo;
        console.log(
          `Loaded the ${nameOf(demo)}: ${operators.length} operators, ${inboxes.length} inboxes, ${conversations} conversations.`,
        );
      }
    }
    return 0;
  } finally {
    await source.destroy();
  }
}

/** Which of them exist. */
async function demoTenants(database: Database): Promise<DemoTenant[]> {
  const existing: DemoTenant[] = [];
  for (const demo of DEMO_TENANTS) {
    const { id } = demo.tenant;
    if (await database.inTenant(id, (tx) => tx.existsBy(Tenant, { id }))) existing.push(demo);
  }
  return existing;
}

function resetWarning({ adminUrl }: DatabaseEnvironment, tenants: readonly DemoTenant[]): string {
  const { hostname, pathname } = new URL(adminUrl);
  const names = tenants.map(nameOf).join(' and the ');
  return `This deletes the ${names} with all data from database ${pathname.slice(1)} on ${hostname}.`;
}

async function deleteTenants(
  environment: DatabaseEnvironment,
  tenants: readonly DemoTenant[],
): Promise<void> {
  const source = await new DataSource(migrationDataSource(environment)).initialize();
  try {
    const database = new Database(source);
    for (const { tenant } of tenants) await database.inTenant(tenant.id, (tx) => deleteTenant(tx, tenant.id));
  } finally {
    await source.destroy();
  }
}

async function hasTenants(database: Database): Promise<boolean> {
  return (await database.query(null, LIST_TENANTS, ['-infinity', LOWEST_ID, 1])).length > 0;
}

function nameOf({ tenant }: DemoTenant): string {
  return `tenant "${tenant.name}" (${tenant.id})`;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(databaseProblem(error));
    process.exitCode = 1;
  },
);
