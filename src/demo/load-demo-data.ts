import { DataSource } from 'typeorm';
import { isSure, readOptions } from '../config/command-line.js';
import { readEnvironment, type DatabaseEnvironment } from '../config/environment.js';
import { loadEnvFile } from '../config/load-env-file.js';
import { connect } from '../database/connect.js';
import { migrationDataSource } from '../database/data-source.js';
import { databaseProblem } from '../database/database-problem.js';
import { Database } from '../database/database.js';
import { LOWEST_ID } from '../database/id.js';
import { ENTITIES } from '../entities.js';
import { LIST_TENANTS } from '../tenants/tenant-statements.js';
import { Tenant } from '../tenants/tenant.js';
import { DEMO } from './demo-data.js';
import { loadDemoTenant } from './load-demo-tenant.js';
import { deleteTenant } from './delete-tenant.js';

const USAGE = `pnpm run demo              creates the tenant "${DEMO.tenant.name}", which has fixed ids, in the database of DATABASE_URL
pnpm run demo --reset      first deletes the tenant and all its data, as the schema owner (DATABASE_ADMIN_URL).
                           Old cursors of its feed stop working: read the feed from the start again
                           --yes: do not ask for confirmation
pnpm run demo --if-empty   loads nothing when the database has a tenant already

Refuses to run in production. With npm: npm run demo -- --reset. Without DATABASE_URL it uses the database of
npm start, which can keep running.`;

const OPTIONS = {
  'if-empty': { type: 'boolean' },
  reset: { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
} as const;

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
    let exists = await hasDemoTenant(database);
    if (exists && options.reset === true) {
      if (options.yes !== true && !(await isSure(resetWarning(environment.database)))) {
        console.error('Nothing was deleted.');
        return 1;
      }
      await deleteDemoTenant(environment.database);
      exists = false;
    }
    if (exists) {
      console.log(`The ${demoTenantName()} exists already. Use --reset to create it again.`);
    } else if (options['if-empty'] === true && (await hasTenants(database))) {
      console.log('The database has tenants already. Nothing was loaded.');
    } else {
      await database.inTenant(DEMO.tenant.id, (tx) => loadDemoTenant(tx, environment));
      const { operators, inboxes, conversations } = DEMO;
      console.log(
        `Loaded the ${demoTenantName()}: ${operators.length} operators, ${inboxes.length} inboxes, ${conversations.length} conversations.`,
      );
    }
    return 0;
  } finally {
    await source.destroy();
  }
}

function resetWarning({ adminUrl }: DatabaseEnvironment): string {
  const { hostname, pathname } = new URL(adminUrl);
  return `This deletes the ${demoTenantName()} and all its data from database ${pathname.slice(1)} on ${hostname}.`;
}

async function deleteDemoTenant(environment: DatabaseEnvironment): Promise<void> {
  const source = await new DataSource(migrationDataSource(environment)).initialize();
  try {
    await new Database(source).inTenant(DEMO.tenant.id, (tx) => deleteTenant(tx, DEMO.tenant.id));
  } finally {
    await source.destroy();
  }
}

function hasDemoTenant(database: Database): Promise<boolean> {
  const { id } = DEMO.tenant;
  return database.inTenant(id, (tx) => tx.existsBy(Tenant, { id }));
}

async function hasTenants(database: Database): Promise<boolean> {
  return (await database.query(null, LIST_TENANTS, ['-infinity', LOWEST_ID, 1])).length > 0;
}

function demoTenantName(): string {
  return `tenant "${DEMO.tenant.name}" (${DEMO.tenant.id})`;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(databaseProblem(error));
    process.exitCode = 1;
  },
);
