// `npm start` starts the service with demo data, from a fresh clone on. This file imports only Node's own modules,
// because no package may be installed yet.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { readOptions } from './arguments.mjs';
import { demoBanner, serviceBanner } from './banner.mjs';
import { startEmbeddedDatabase, urlsWithService } from './embedded-database.mjs';
import { freePort, isPortFree } from './ports.mjs';
import { checkNode, firstError, loadEnvFile, prepare, PROJECT, runToExit, step } from './prepare.mjs';
import { Failure, pause, run, stopSignal } from './processes.mjs';
import { SERVICE_COMMAND } from './service-command.mjs';

const DEMO_PLATFORM_KEY = 'demo-platform-key-0123456789';
const READY_WITHIN_MS = 60_000;
const USAGE = `npm start   installs, builds, starts a PostgreSQL of its own unless DATABASE_URL is set, migrates, loads demo data into an
            empty database and serves. Ctrl-C stops everything; the data stay in .data/postgres.

It takes no arguments. Variables such as PORT come from the environment and from .env: see .env.example.
Beside it: npm run db:psql, npm run demo -- --reset, npm run verify, npm run db:status.`;

const stop = stopSignal();
await runToExit(stop, start, 0);

/** @returns {Promise<number>} the exit code */
async function start() {
  if (readOptions(process.argv.slice(2), {}, USAGE) === null) return 0;
  checkNode();
  process.chdir(PROJECT);
  loadEnvFile();
  const given = { ...process.env };
  const env = await serviceEnv(given);
  await checkPort(env);
  await prepare(stop);
  await checkEnvironment(env, given);
  if (env.DATABASE_URL) return migrateAndServe(env, null);
  if (env.DATABASE_ADMIN_URL)
    throw new Failure(
      'DATABASE_ADMIN_URL is set and DATABASE_URL is not: set both for a database of your own, or neither',
    );

  step('starting PostgreSQL');
  const database = await startEmbeddedDatabase();
  try {
    return await migrateAndServe({ ...env, ...urlsWithService(database.url) }, database);
  } finally {
    step('stopping PostgreSQL');
    await database.stop();
  }
}

/**
 * The service's environment: the caller's, plus the settings of a demo outside production. Empty counts as unset.
 * @param {NodeJS.ProcessEnv} given
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
async function serviceEnv(given) {
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value?.trim()));
  // Choose the free port here, so that we can poll it.
  const port = set.PORT === '0' ? { PORT: String(await freePort()) } : {};
  if (set.NODE_ENV === 'production') return { ...set, ...port };
  const demo = { NODE_ENV: 'development', AUTH_MODE: 'trusted-headers', PLATFORM_API_KEY: DEMO_PLATFORM_KEY };
  return { ...demo, ...set, ...port };
}

/**
 * Checks the variables before the slow steps, so that the user sees all errors at once.
 * @param {NodeJS.ProcessEnv} env
 */
async function checkPort(env) {
  const { host, port } = addressOf(env);
  if (!(port > 0 && port < 65_536) || (await isPortFree(host, port))) return;
  throw new Failure(`port ${port} on ${host} is in use: set PORT to another one`);
}

/** @param {NodeJS.ProcessEnv} env */
function addressOf(env) {
  const host = env.HOST ?? (env.NODE_ENV === 'production' ? '0.0.0.0' : '127.0.0.1');
  const reachableAs =
    { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[host] ?? (host.includes(':') ? `[${host}]` : host);
  const port = Number(env.PORT ?? 3000);
  return { host, port, url: `http://${reachableAs}:${port}` };
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {NodeJS.ProcessEnv} given without our defaults, which would hide a misspelt variable
 */
async function checkEnvironment(env, given) {
  const { readEnvironment, EnvironmentError } = await import(built('config/environment.js'));
  const { describeMisspellings } = await import(built('config/known-variables.js'));
  const problems = new Set(describeMisspellings(given));
  try {
    // The URL of the embedded database is not known yet. Any URL passes the check.
    readEnvironment({ DATABASE_URL: 'postgresql://127.0.0.1/inbox', ...env });
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    for (const problem of /** @type {{ problems: string[] }} */ (error).problems) problems.add(problem);
  }
  if (problems.size > 0) throw new Failure([...problems].join('\n'));
}

/** @param {string} file */
function built(file) {
  return pathToFileURL(path.join(PROJECT, 'dist/src', file)).href;
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {import('./embedded-postgres.mjs').Server | null} database
 */
async function migrateAndServe(env, database) {
  step('migrating the database');
  // The password of the embedded database's login is in a file beside its data.
  await runScript(['database/migrate.js', 'run', ...(database ? ['--set-password'] : [])], env);
  // A database with real tenants must not get the demo tenant.
  if (env.NODE_ENV !== 'production') {
    step('loading demo data, if the database is empty');
    await runScript(['demo/load-demo-data.js', '--if-empty'], env);
  }
  return serve(env, database);
}

/** @param {[string, ...string[]]} script @param {NodeJS.ProcessEnv} env */
async function runScript([file, ...args], env) {
  const result = await run(process.execPath, [path.join('dist/src', file), ...args], { stop, env });
  if (result.code !== 0) throw new Failure(firstError(result.errors || result.output));
}

/**
 * Runs the service until it ends or the user stops it.
 * @param {NodeJS.ProcessEnv} env
 * @param {import('./embedded-postgres.mjs').Server | null} database
 * @returns {Promise<number>} the exit code
 */
async function serve(env, database) {
  step('starting the service');
  const service = spawn(process.execPath, SERVICE_COMMAND, {
    // The service does not need the owner's login. An empty value keeps it from reading .env again.
    env: { ...env, DATABASE_ADMIN_URL: '' },
    // Its own process group keeps a Ctrl-C away until we pass it on. When we are killed, the channel closes, and it
    // notices.
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let running = true;
  /** @type {Promise<number>} */
  const exited = new Promise((resolve) => {
    service.once('exit', (code) => resolve(code ?? 1));
    service.once('error', () => resolve(1));
  });
  void exited.then(() => (running = false));
  const stopped = new Promise((resolve) => stop.addEventListener('abort', () => resolve(0)));
  const databaseGone = database?.exited.then(() => 'database gone') ?? new Promise(() => {});
  try {
    const ready = becomesReady(addressOf(env).url, () => running && !stop.aborted);
    const first = await Promise.race([ready, exited, stopped, databaseGone]);
    if (first === true) await printBanner(env, database);
    const end = first === true ? await Promise.race([exited, stopped, databaseGone]) : first;
    if (end === 'database gone') throw new Failure(`PostgreSQL stopped by itself, see ${database?.log}`);
    return end;
  } finally {
    if (running) {
      step('stopping the service');
      await stopService(service, exited, (Number(env.SHUTDOWN_TIMEOUT_SECONDS ?? 30) + 5) * 1000);
    }
  }
}

/**
 * @param {string} url
 * @param {() => boolean} worthAsking
 * @returns {Promise<true>} never settles after the service has ended
 */
async function becomesReady(url, worthAsking) {
  for (const deadline = Date.now() + READY_WITHIN_MS; worthAsking(); await pause(100)) {
    const response = await ask(`${url}/ready`, {});
    if (response?.status === 200) return true;
    if (Date.now() > deadline)
      throw new Failure(`the service is not ready after ${READY_WITHIN_MS / 1000} s`);
  }
  return new Promise(() => {});
}

/** @param {string} url @param {Record<string, string>} headers */
async function ask(url, headers) {
  return fetch(url, { headers, signal: AbortSignal.timeout(5000) }).catch(() => null);
}

/** @param {NodeJS.ProcessEnv} env @param {import('./embedded-postgres.mjs').Server | null} database */
async function printBanner(env, database) {
  const { url } = addressOf(env);
  const shown = url.replace('127.0.0.1', 'localhost').replace('[::1]', 'localhost');
  const demoKey = env.PLATFORM_API_KEY === DEMO_PLATFORM_KEY ? DEMO_PLATFORM_KEY : null;
  let text = serviceBanner(shown, {
    data: database && path.relative(PROJECT, database.data),
    demoKey,
    hasPages: env.WEB_UI !== 'no',
  });
  const { DEMO } = await import(built('demo/demo-data.js')).catch(() => ({ DEMO: null }));
  if (DEMO) {
    const headers = { 'x-tenant-id': DEMO.tenant.id, 'x-operator-id': DEMO.operators[0].id };
    const response = await ask(`${url}/api/v1/tenant`, headers);
    if (response?.status === 200) text += demoBanner(shown, DEMO);
  }
  process.stdout.write(`${text}\nCtrl-C stops everything.\n\n`);
}

/**
 * @param {import('node:child_process').ChildProcess} service
 * @param {Promise<number>} exited
 * @param {number} patienceMs longer than the service's own limit
 */
async function stopService(service, exited, patienceMs) {
  service.kill('SIGTERM');
  const killer = setTimeout(() => service.kill('SIGKILL'), patienceMs);
  await exited;
  clearTimeout(killer);
}
