import pg from 'pg';
import { readEnvironment } from '../config/environment.js';
import { databaseProblem } from '../database/database-problem.js';
import { verify, type Report } from './find-breaches.js';

const UNABLE = 2;

/**
 * `pnpm run verify`: checks all invariants on the database of DATABASE_ADMIN_URL (default: DATABASE_URL). A line for
 * each row that is wrong; exits with 0 when there is none, 1 when there are some, 2 when it could not look.
 */
async function run(): Promise<void> {
  // Who may call the service makes no difference here, so nobody has to hand over its secret.
  const { database } = readEnvironment({
    ...process.env,
    AUTH_MODE: 'trusted-headers',
    TRUST_GATEWAY_HEADERS: 'yes',
  });
  const client = new pg.Client({
    connectionString: database.adminUrl,
    application_name: 'inbox-verification',
    connectionTimeoutMillis: database.connectionTimeoutMs,
  });
  // A lost connection fails the query that runs; without a listener it would end the process with a stack.
  client.on('error', () => undefined);
  await client.connect();
  try {
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

function print(seen: { tenants: number; warnings: number }): Report {
  return {
    finding({ severity, check, tenantId, subject, id, problem }) {
      if (severity === 'warning') seen.warnings++;
      const mark = severity === 'warning' ? 'warning: ' : '';
      console.log(`${mark}${check}: tenant ${tenantId}, ${subject} ${id}: ${problem}`);
    },
    tenant(tenantId, findings) {
      seen.tenants++;
      if (process.stderr.isTTY)
        console.error(`• ${seen.tenants}: tenant ${tenantId}, ${counted(findings, 'breach')}`);
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
