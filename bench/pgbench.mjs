// @ts-check
// Runs a script in pgbench.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** @typedef {{ perSecond: number, operations: number, clientMs: number | null }} Ran */

/** @returns {string | null} */
export function findPgbench() {
  const debian = '/usr/lib/postgresql';
  const versions = fs.existsSync(debian) ? fs.readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const places = ['pgbench', ...versions.map((version) => path.join(debian, version, 'bin', 'pgbench'))];
  return places.find((place) => spawnSync(place, ['--version']).status === 0) ?? null;
}

/**
 * @typedef {object} Script
 * @property {string} program pgbench
 * @property {string} url of the database
 * @property {string} script
 * @property {string} options of the sessions
 * @property {number} connections
 * @property {number} ms
 * @property {AbortSignal} stop
 */

/** @param {Script} of @returns {Promise<Ran>} */
export async function pgbench({ program, url, script, options, connections, ms, stop }) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'inbox-bench-'));
  const file = path.join(directory, 'script.sql');
  fs.writeFileSync(file, script);
  const { hostname, port, username, password, pathname } = new URL(url);
  const env = {
    PATH: process.env.PATH,
    PGHOST: hostname,
    PGPORT: port || '5432',
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
    PGOPTIONS: options,
  };
  // In the first second every connection makes its plans. A running service has them.
  const seconds = String(1 + Math.max(1, Math.round(ms / 1000)));
  const how = ['-M', 'prepared', '-c', String(connections), '-j', '2', '-n'];
  const args = [...how, '-P', '1', '-T', seconds, '-f', file];
  try {
    const { code, output, errors, clientMs } = await runMeasured(program, args, env, stop);
    const rates = [...errors.matchAll(/^progress: .* ([\d.]+) tps/gm)].slice(1).map(([, tps]) => Number(tps));
    const perSecond = rates.reduce((sum, tps) => sum + tps, 0) / rates.length;
    const operations = Number(/transactions actually processed: (\d+)/.exec(output)?.[1]);
    if (code !== 0 || !(perSecond > 0))
      throw new Error(`pgbench failed: ${/ERROR: .*/.exec(errors)?.[0] ?? errors.trim().split('\n').at(-1)}`);
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
