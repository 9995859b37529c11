import pg from 'pg';
import { readOptions } from '../config/command-line.js';
import { loadEnvFile } from '../config/load-env-file.js';
import { readDatabaseForOwner } from '../config/environment.js';
import { databaseProblem } from '../database/database-problem.js';
import { reasonNotToServe, readSchemaState } from '../database/schema-state.js';
import { readSqlFiles } from '../database/sql-files.js';
import { verify, type Report } from './find-breaches.js';

const UNABLE = 2;

/** The shortest pause between two lines of progress at a terminal. */
const SILENT_FOR_MS = 5_000;

const USAGE = `pnpm run verify   checks every invariant of all tenants in the database of DATABASE_ADMIN_URL (default: DATABASE_URL)

It changes nothing and can run beside the service. It prints one line per breach. The exit code is 0 without breaches,
1 with breaches and 2 when the database cannot be read. It shows progress at a terminal. It takes no options.
Without DATABASE_URL it uses the database of npm start. In the image: node dist/src/verification/verify.js`;

async function run(): Promise<void> {
  if (readOptions({}, USAGE) === null) return;
  loadEnvFile();
  const database = readDatabaseForOwner(process.env);
  const client = new pg.Client({
    connectionString: database.adminUrl,
    application_name: 'inbox-verification',
    connectionTimeoutMillis: database.connectionTimeoutMs,
  });
  // A lost connection fails the running query. Without a listener it would also crash the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await checkSchema(client);
    const seen = { tenants: 0, warnings: 0 };
    const findings = await verify(client, print(seen));
    const warnings = seen.warnings > 0 ? `, ${counted(seen.warnings, 'warning')}` : '';
    const verdict = findings === 0 ? 'no breach' : counted(findings, 'breach');
    console.log(`${counted(seen.tenants, 'tenant')} verified: ${verdict}${warnings}.`);
    process.exitCode = findings === 0 ? 0 : 1;
  } finally {
    await client.end();
  }
}

/** Without this, missing functions would make the first check fail with an unhelpful message. */
async function checkSchema(client: pg.Client): Promise<void> {
  const query = async (text: string) => (await client.query<object>(text)).rows;
  const reason = reasonNotToServe(await readSchemaState(query, readSqlFiles()));
  if (reason !== null) throw new Error(reason);
}

function print(seen: { tenants: number; warnings: number }): Report {
  let lastSaidAt = Date.now();
  const say = (line: string) => {
    lastSaidAt = Date.now();
    if (process.stderr.isTTY) console.error(`• tenant ${seen.tenants}, ${line}`);
  };
  return {
    finding({ severity, check, tenantId, subject, id, problem }) {
      if (severity === 'warning') seen.warnings++;
      const mark = severity === 'warning' ? 'warning: ' : '';
      console.log(`${mark}${check}: tenant ${tenantId}, ${subject} ${id}: ${problem}`);
    },
    check(tenantId, name, nth, count) {
      if (nth === 1) seen.tenants++;
      if (Date.now() - lastSaidAt > SILENT_FOR_MS) say(`${tenantId}: check ${nth} of ${count}, ${name}`);
    },
    tenant(tenantId, findings) {
      say(`${tenantId}: ${findings === 0 ? 'no breach' : counted(findings, 'breach')}`);
    },
  };
}

function counted(count: number, what: string): string {
  const many = what.endsWith('ch') ? `${what}es` : `${what}s`;
  return `${count} ${count === 1 ? what : many}`;
}

run().catch((error: unknown) => {
  console.error(databaseProblem(error));
  process.exitCode = UNABLE;
});
