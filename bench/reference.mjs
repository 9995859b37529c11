// @ts-check
// L calls the function allocate_conversations for one operator, with pgbench, or with pg where pgbench is missing.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { check, sampleOf } from './checks.mjs';
import { startMeter } from './cpu.mjs';
import { connect, one } from './database.mjs';
import { operatorId, OPERATORS, sqlId, tenantId } from './ids.mjs';
import { settle } from './refill.mjs';

const CONNECTIONS = 8;
/** A transaction of the reference takes a few milliseconds; this long ago none is under way any more. */
const LONGEST_MS = 1_000;

/** @typedef {{ tool: string, options: string, program: string | null }} Reference */

/** @returns {Promise<Reference>} */
export async function findReference() {
  const program = findPgbench();
  const { sessionSettings } = await import(new URL('../dist/src/database/session.js', import.meta.url).href);
  const { readEnvironment } = await import(
    new URL('../dist/src/config/environment.js', import.meta.url).href
  );
  const { database } = readEnvironment({
    DATABASE_URL: 'postgresql://127.0.0.1/inbox',
    AUTH_MODE: 'trusted-headers',
  });
  const options = Object.entries(sessionSettings(database)).map(([name, value]) => `-c ${name}=${value}`);
  const version = program && spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout.trim();
  return {
    tool: version ?? `pg, ${CONNECTIONS} connections with a named statement (pgbench is not installed)`,
    options: options.join(' '),
    program,
  };
}

/** @returns {string | null} */
function findPgbench() {
  const debian = '/usr/lib/postgresql';
  const versions = fs.existsSync(debian) ? fs.readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const places = ['pgbench', ...versions.map((version) => path.join(debian, version, 'bin', 'pgbench'))];
  return places.find((place) => spawnSync(place, ['--version']).status === 0) ?? null;
}

/**
 * @param {import('./context.mjs').Context} context
 * @param {import('./server.mjs').World} world
 * @param {number} ms @param {string} where
 * @returns {Promise<import('./allocate.mjs').Rate>}
 */
export async function referenceRate(context, world, ms, where) {
  const client = await connect(world.url, context.stop);
  try {
    await settle(client);
    const { since } = await one(client, 'select clock_timestamp()::text as since');
    const meter = startMeter({ postmaster: context.server.postmaster });
    const run = context.reference.program === null ? withPg : withPgbench;
    const { perSecond, operations, clientMs } = await run(context, world, ms);
    // Without pgbench, this process is the client, and the meter includes it.
    const used = meter(context.reference.program === null ? 0 : (clientMs ?? 0));
    const slice = { where, since, given: null, empties: [], longestMs: LONGEST_MS };
    await check(client, context.findings, slice, sampleOf(world));
    await settle(client);
    return {
      perSecond,
      operations,
      milliseconds: ms,
      slices: 1,
      latencyMs: null,
      microseconds: {
        client: clientMs === null ? null : (clientMs * 1000) / operations,
        service: null,
        database: used.database === null ? null : (used.database * 1000) / operations,
      },
      otherShare: used.otherShare,
    };
  } finally {
    await client.end().catch(() => {});
  }
}

/** @typedef {{ perSecond: number, operations: number, clientMs: number | null }} Ran */

/**
 * @param {import('./context.mjs').Context} context
 * @param {import('./server.mjs').World} world @param {number} ms
 * @returns {Promise<Ran>}
 */
async function withPgbench({ reference, stop }, world, ms) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'inbox-bench-'));
  const script = path.join(directory, 'allocate.sql');
  fs.writeFileSync(
    script,
    `\\set t random(1, ${world.tenants})\n\\set o random(1, ${OPERATORS})\n` +
      `select * from allocate_conversations(${sqlId.tenant(':t')}, array[${sqlId.operator(':t', ':o')}], array[gen_random_uuid()], true);\n`,
  );
  const url = new URL(world.url);
  const env = {
    PATH: process.env.PATH,
    PGHOST: url.hostname,
    PGPORT: url.port || '5432',
    PGUSER: decodeURIComponent(url.username),
    PGPASSWORD: decodeURIComponent(url.password),
    PGDATABASE: world.name,
    PGOPTIONS: reference.options,
  };
  // In the first second every connection makes its plans. A running service has them.
  const seconds = String(1 + Math.max(1, Math.round(ms / 1000)));
  const how = ['-M', 'prepared', '-c', String(CONNECTIONS), '-j', '2', '-n'];
  const args = [...how, '-P', '1', '-T', seconds, '-f', script];
  try {
    const { code, output, errors, clientMs } = await runMeasured(
      reference.program ?? 'pgbench',
      args,
      env,
      stop,
    );
    const rates = [...errors.matchAll(/^progress: .* ([\d.]+) tps/gm)].slice(1).map(([, tps]) => Number(tps));
    const perSecond = rates.reduce((sum, tps) => sum + tps, 0) / rates.length;
    const operations = Number(/transactions actually processed: (\d+)/.exec(output)?.[1]);
    if (code !== 0 || !(perSecond > 0))
      throw new Error(`pgbench failed: ${errors.trim().split('\n').at(-1)}`);
    return { perSecond, operations, clientMs };
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * @param {string} program @param {string[]} args @param {NodeJS.ProcessEnv} env @param {AbortSignal} stop
 * @returns {Promise<{ code: number, output: string, errors: string, clientMs: number | null }>}
 */
async function runMeasured(program, args, env, stop) {
  stop.throwIfAborted();
  const before = childTime();
  const child = spawn(program, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (errors += chunk));
  const kill = () => child.kill('SIGTERM');
  stop.addEventListener('abort', kill);
  try {
    const code = await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (exitCode) => resolve(exitCode ?? 1));
    });
    stop.throwIfAborted();
    const after = childTime();
    return { code, output, errors, clientMs: before === null || after === null ? null : after - before };
  } finally {
    stop.removeEventListener('abort', kill);
  }
}

/** Of the children of this process that have ended. */
function childTime() {
  try {
    const stat = fs.readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[13]) + Number(fields[14])) * 10;
  } catch {
    return null;
  }
}

/**
 * @param {import('./context.mjs').Context} context
 * @param {import('./server.mjs').World} world @param {number} ms
 * @returns {Promise<Ran>}
 */
async function withPg({ reference, stop }, world, ms) {
  const clients = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => connect(world.url, stop, { options: reference.options })),
  );
  const text = 'select * from allocate_conversations($1, array[$2::uuid], array[gen_random_uuid()], true)';
  const random = (/** @type {number} */ upTo) => 1 + Math.floor(Math.random() * upTo);
  const call = (/** @type {import('pg').Client} */ client) => {
    const tenant = random(world.tenants);
    const values = [tenantId(tenant), operatorId(tenant, random(OPERATORS))];
    return client.query({ name: 'allocate', text, values });
  };
  let operations = 0;
  // As with pgbench, the time to make plans does not count.
  await Promise.all(clients.map(call));
  const before = process.cpuUsage();
  const started = performance.now();
  try {
    await Promise.all(
      clients.map(async (client) => {
        for (; performance.now() - started < ms; operations++) await call(client);
      }),
    );
    const { user, system } = process.cpuUsage(before);
    const seconds = (performance.now() - started) / 1000;
    return { perSecond: operations / seconds, operations, clientMs: (user + system) / 1000 };
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => {})));
  }
}
