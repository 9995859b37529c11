/**
 * Compares the schema that the migrations build with migrations/schema.sql, and reverts them to prove that it works.
 *
 *   node scripts/check-schema.mjs           exits 1 with the difference
 *   node scripts/check-schema.mjs --write   writes the file
 *
 * It runs the compiled migrations (dist) in a database that it drops afterwards. The server is a temporary PostgreSQL,
 * the embedded one or the version in TEST_POSTGRES (15 to 18), or the server that TEST_DATABASE_URL names.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { formatPatch, OMIT_HEADERS, structuredPatch } from 'diff';
import pg from 'pg';
import { readOptions } from './arguments.mjs';
import { dumpSchema } from './dump-schema.mjs';
import { runToExit } from './prepare.mjs';
import { Failure, run, stopSignal } from './processes.mjs';
import { givenServer, startTestServer } from './servers.mjs';

const SCHEMA_FILE = fileURLToPath(new URL('../migrations/schema.sql', import.meta.url));
const MIGRATE = fileURLToPath(new URL('../dist/src/database/migrate.js', import.meta.url));
/** The embedded server's major version. migrations/schema.sql has exactly its wording. */
const REFERENCE_VERSION = 18;
const CONTEXT_LINES = 3;
/** The migrations create these for the whole server, and no revert drops them. */
const ROLES = ['inbox_app', 'inbox_platform'];
const INTERRUPTED = 130;
const USAGE = `usage: node scripts/check-schema.mjs [--write]
  --write  writes migrations/schema.sql instead of comparing with it`;

const stop = stopSignal();

/** Runs `work` with the URL of a server where the connecting role may create databases. */
async function withServer(work) {
  const given = givenServer();
  if (given !== null) return work(given);
  const server = await startTestServer(stop);
  try {
    return await work(server.url);
  } finally {
    await server.stop();
  }
}

async function withClient(url, work) {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // the query in flight reports it
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Runs `work` with the URL of a new, empty database, and leaves the server as it was. */
async function withDatabase(serverUrl, work) {
  const name = `schema_check_${randomBytes(6).toString('hex')}`;
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  // Names sort by bytes, so that the dump has the same order on every server.
  const language = `template template0 encoding 'UTF8' locale_provider libc locale 'C'`;
  const rolesBefore = await withClient(serverUrl, async (client) => {
    await client.query(`create database ${name} ${language}`);
    const { rows } = await client.query('select rolname from pg_roles where rolname = any($1)', [ROLES]);
    return rows.map((row) => row.rolname);
  });
  try {
    return await work(url.href);
  } finally {
    await withClient(serverUrl, async (client) => {
      await client.query(`drop database ${name} with (force)`);
      for (const role of ROLES.filter((made) => !rolesBefore.includes(made))) {
        // Another database of the server may use the role by now. Then it must stay.
        await client.query(`drop role if exists ${role}`).catch(() => {});
      }
    });
  }
}

async function migrate(url, ...args) {
  // With `test`, the service does not read the developer's .env.
  const env = { ...process.env, NODE_ENV: 'test', DATABASE_URL: url, DATABASE_ADMIN_URL: url };
  const { code, output, errors } = await run(process.execPath, [MIGRATE, ...args], { stop, env });
  if (code !== 0) throw new Failure(`migrate ${args.join(' ')} failed:\n${output}${errors}`);
}

function requireSame(what, before, after) {
  if (before === after) return;
  const patch = structuredPatch('', '', before, after, '', '', { context: CONTEXT_LINES });
  throw new Failure(`${what}\n\n${formatPatch(patch, OMIT_HEADERS)}`);
}

/** Older servers write `c.id` for a view's column where newer ones write `id`. */
function withoutQualifiers(text) {
  return text.replace(/\b(?!public\.)[a-z_][a-z0-9_]*\.(?=[a-z_*"])/g, '');
}

/** Migrates, reverts and migrates again. Returns the dump. */
async function rehearse(url) {
  const dump = (what) => withClient(url, (client) => dumpSchema(client, what));
  const inside = { roles: false };
  const empty = await dump(inside);
  await migrate(url, 'run');
  const built = await dump();
  if ((await dump(inside)) === empty) throw new Failure('The migrations built nothing.');
  await migrate(url, 'revert', '--all', '--yes');
  requireSame(
    'Reverting every migration leaves this behind (+) or takes too much (-):',
    empty,
    await dump(inside),
  );
  await migrate(url, 'run');
  requireSame('Running the migrations again after a revert builds something else:', built, await dump());
  return built;
}

async function majorVersion(url) {
  const { rows } = await withClient(url, (client) => client.query('show server_version_num'));
  return Math.floor(Number(rows[0].server_version_num) / 10_000);
}

async function main() {
  const options = readOptions(process.argv.slice(2), { write: { type: 'boolean' } }, USAGE);
  if (options === null) return 0;
  if (!existsSync(MIGRATE)) throw new Failure('There is no dist/src/database/migrate.js: build first.');
  const [version, built] = await withServer(async (server) => [
    await majorVersion(server),
    await withDatabase(server, rehearse),
  ]);
  const exact = version === REFERENCE_VERSION;
  if (options.write) {
    if (!exact) throw new Failure(`Write on PostgreSQL ${REFERENCE_VERSION}, this is ${version}.`);
    writeFileSync(SCHEMA_FILE, built);
    console.log('Wrote migrations/schema.sql.');
    return 0;
  }
  if (!existsSync(SCHEMA_FILE)) throw new Failure('There is no migrations/schema.sql: run schema:write.');
  const committed = readFileSync(SCHEMA_FILE, 'utf8').replaceAll('\r\n', '\n');
  const comparable = exact ? (text) => text : withoutQualifiers;
  requireSame(
    'migrations/schema.sql (-) is not what the migrations build (+). If the migrations are right: schema:write.',
    comparable(committed),
    comparable(built),
  );
  console.log(
    `On PostgreSQL ${version} the migrations build migrations/schema.sql, and they revert cleanly.`,
  );
  return 0;
}

await runToExit(stop, main, INTERRUPTED);
