// @ts-check
// Runs the database of the tests until stdin closes: a PostgreSQL of the version in TEST_POSTGRES (15 to 18), or the
// one of TEST_DATABASE_URL, with a PgBouncer in front if TEST_POOLER=pgbouncer. It prints one line of JSON with the
// variables that Jest must set and unset. It is a process of its own, so that it cleans up however Jest ends.
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { requirePgBouncer, startPgBouncer } from './pgbouncer.mjs';
import { build, firstError, PROJECT, runToExit, step } from './prepare.mjs';
import { Failure, run } from './processes.mjs';
import { givenServer, startTestServer } from './servers.mjs';
import { clientOf, removeTraces, rolesOn } from './test-traces.mjs';

const INTERRUPTED = 130;

const stop = signalAtEndOfInput();
/** The clean-up steps, which run in reverse order. @type {(() => Promise<unknown>)[]} */
const undo = [];
await runToExit(stop, main, INTERRUPTED);

async function main() {
  process.chdir(PROJECT);
  try {
    const variables = await start();
    process.stdout.write(`${JSON.stringify({ set: variables, unset: await foreignVariables() })}\n`);
    await new Promise((resolve) => stop.addEventListener('abort', resolve));
    return 0;
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

function signalAtEndOfInput() {
  const controller = new AbortController();
  process.stdin.once('close', () => controller.abort()).resume();
  return controller.signal;
}

/** @returns {Promise<Record<string, string>>} the variables for the tests */
async function start() {
  const given = givenServer();
  const pooled = wantsPooler();
  if (pooled) await requirePgBouncer(stop);
  await build(stop);
  const adminUrl = given ?? (await ownServer());
  const prefix = `inbox_test_${randomBytes(4).toString('hex')}_`;
  if (given !== null) await tidyUpLater(adminUrl, prefix);
  const serviceUrl = await migratedTemplate(adminUrl, prefix);
  return {
    NODE_ENV: 'test',
    TEST_ADMIN_URL: adminUrl,
    TEST_SERVICE_URL: serviceUrl,
    TEST_TEMPLATE_DATABASE: templateOf(prefix),
    TEST_DATABASE_PREFIX: prefix,
    TEST_LOG_DIRECTORY: process.env.TEST_LOG_DIRECTORY || ownLogDirectory(),
    ...(pooled ? { TEST_POOLER_URL: await poolerBefore(adminUrl, serviceUrl) } : {}),
  };
}

function wantsPooler() {
  const wanted = process.env.TEST_POOLER?.trim();
  if (!wanted) return false;
  if (wanted !== 'pgbouncer') throw new Failure(`TEST_POOLER should be pgbouncer, not "${wanted}"`);
  return true;
}

async function ownServer() {
  const server = await startTestServer(stop);
  undo.push(server.stop);
  return server.url;
}

/** Removes everything from the developer's server. @param {string} adminUrl @param {string} prefix */
async function tidyUpLater(adminUrl, prefix) {
  const rolesBefore = await clientOf(adminUrl, rolesOn);
  undo.push(() => clientOf(adminUrl, (client) => removeTraces(client, prefix, rolesBefore)));
}

/** The directory of the logs, if the caller names none. */
function ownLogDirectory() {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'inbox-test-logs-'));
  undo.push(async () => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** @param {string} prefix */
function templateOf(prefix) {
  return `${prefix}template`;
}

/**
 * Makes the template of the tests' databases.
 * @param {string} adminUrl @param {string} prefix
 * @returns {Promise<string>} its address with the login of the services
 */
async function migratedTemplate(adminUrl, prefix) {
  const template = templateOf(prefix);
  await clientOf(adminUrl, (client) => client.query(`create database ${template}`));
  step('migrating a template database');
  const owner = withDatabase(adminUrl, template);
  // db:run creates the login of the services.
  const login = new URL(owner);
  login.username = `${prefix}service`;
  login.password = randomBytes(18).toString('hex');
  // With `test`, db:run does not read the developer's .env, which may name another database.
  const env = {
    ...process.env,
    ...Object.fromEntries((await foreignVariables()).map((name) => [name, undefined])),
    NODE_ENV: 'test',
    DATABASE_ADMIN_URL: owner,
    DATABASE_URL: login.href,
  };
  const result = await run(process.execPath, ['dist/src/database/migrate.js', 'run'], { stop, env });
  if (result.code !== 0) {
    throw new Failure(`the template can't be migrated: ${firstError(result.errors || result.output)}`);
  }
  return login.href;
}

/** @param {string} adminUrl @param {string} serviceUrl @returns {Promise<string>} */
async function poolerBefore(adminUrl, serviceUrl) {
  step('starting a PgBouncer in front of it');
  const { username, password } = new URL(serviceUrl);
  const pooler = await startPgBouncer(adminUrl, username, password);
  undo.push(async () => {
    step(`${await pooler.transactions()} transactions ran through PgBouncer`);
    await pooler.stop();
  });
  return pooler.url;
}

/** @param {string} url @param {string} name */
function withDatabase(url, name) {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}

/** Variables of our environment that would affect the service or the database driver. */
async function foreignVariables() {
  const known = pathToFileURL(path.join(PROJECT, 'dist/src/config/known-variables.js')).href;
  const { KNOWN_VARIABLES } = await import(known);
  return Object.keys(process.env).filter((name) => KNOWN_VARIABLES.includes(name) || name.startsWith('PG'));
}
