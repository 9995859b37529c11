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
import { removeTenant } from './remove-tenant.js';

const USAGE = `pnpm run demo              makes the tenant "${DEMO.tenant.name}", which has fixed ids, in the database of DATABASE_URL
pnpm run demo --reset      takes it away first, with everything that is in it, as the owner (DATABASE_ADMIN_URL).
                           Whoever follows its feed begins from the start: cursors of before lead nowhere
                           --yes: without asking
pnpm run demo --if-empty   only where there is no tenant at all

Never in production. With npm: npm run demo -- --reset. Without DATABASE_URL it is the database of npm start, which
may run meanwhile.`;

const OPTIONS = {
  'if-empty': { type: 'boolean' },
  reset: { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
} as const;

async function main(): Promise<number> {
  const options = readOptions(OPTIONS, USAGE);
  if (options === null) return 0;
  loadEnvFile();
  // Who may call the service makes no difference here, so nobody has to hand over its secret.
  const environment = readEnvironment({
    ...process.env,
    AUTH_MODE: 'trusted-headers',
    TRUST_GATEWAY_HEADERS: 'yes',
  });
  if (environment.nodeEnv === 'production')
    throw new Error('NODE_ENV is production: nobody wants an invented tenant among real ones');
  const source = await connect(environment.database, ENTITIES, (message) => console.error(message));
  try {
    const database = new Database(source);
    let isThere = await hasDemoTenant(database);
    if (isThere && options.reset === true) {
      if (options.yes !== true && !(await isSure(whatReset(environment.database)))) {
        console.error('Nothing was taken away.');
        return 1;
      }
      await removeDemoTenant(environment.database);
      isThere = false;
    }
    if (isThere) {
      console.log(`The ${named()} is there already; --reset makes it anew.`);
    } else if (options['if-empty'] === true && (await hasTenants(database))) {
      console.log('The database has tenants, so nothing was loaded.');
    } else {
      await database.inTenant(DEMO.tenant.id, (tx) => loadDemoTenant(tx, environment));
      const { operators, inboxes, conversations } = DEMO;
      console.log(
        `Loaded the ${named()}: ${operators.length} operators, ${inboxes.length} inboxes, ${conversations.length} conversations.`,
      );
    }
    return 0;
  } finally {
    await source.destroy();
  }
}

function whatReset({ adminUrl }: DatabaseEnvironment): string {
  const { hostname, pathname } = new URL(adminUrl);
  return `This takes the ${named()} out of database ${pathname.slice(1)} on ${hostname}, with everything that is in it.`;
}

async function removeDemoTenant(environment: DatabaseEnvironment): Promise<void> {
  const source = await new DataSource(migrationDataSource(environment)).initialize();
  try {
    await new Database(source).inTenant(DEMO.tenant.id, (tx) => removeTenant(tx, DEMO.tenant.id));
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

function named(): string {
  return `tenant "${DEMO.tenant.name}" (${DEMO.tenant.id})`;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(databaseProblem(error));
    process.exitCode = 1;
  },
);
