// @ts-check
// Runs a cell of the matrix: installs and uses the service on a server with an owner.
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { dumpSchema } from '../dump-schema.mjs';
import { firstError, keep, PROJECT } from '../prepare.mjs';
import { Failure, run } from '../processes.mjs';
import { startServer } from '../servers.mjs';
import { doMainJob } from './job.mjs';
import { makeAnotherPlace, makePlace, onServer } from './owners.mjs';
import { startService, WORKPLACE } from './service.mjs';

/**
 * @typedef {import('./cells.mjs').Cell} Cell
 * @typedef {'server' | 'schema' | 'boot' | 'job' | 'stop' | 'verify' | 'adopt'} Step
 * @typedef {object} Result
 * @property {string} version of the server, such as 15.18
 * @property {Partial<Record<Step, number>>} times in milliseconds
 * @property {string | null} failure one line
 * @property {string | null} schema as text, when there is one
 */

/** The database of the last commit that had 32 migrations. */
const LEGACY = path.join(PROJECT, 'test/fixtures/legacy-database.sql');

/**
 * Throws only when it is stopped.
 * @param {Cell} cell
 * @param {string | undefined} binaries from `findBinaries`
 * @param {{ stop: AbortSignal, tell: (step: Step) => void }} options
 * @returns {Promise<Result>}
 */
export async function runCell({ major, owner }, binaries, { stop, tell }) {
  /** @type {Result} */
  const result = { version: String(major), times: {}, failure: null, schema: null };
  /** @type {string[]} the output of all programs */
  const log = [];
  /** @type {Step} */
  let current = 'server';
  /** @type {<T>(step: Step, work: () => Promise<T>) => Promise<T>} */
  const during = async (step, work) => {
    current = step;
    tell(step);
    const startedAt = performance.now();
    const value = await work();
    result.times[step] = performance.now() - startedAt;
    return value;
  };
  try {
    await onFreshServer(binaries, during, async (dbaUrl) => {
      const { rows } = await onServer(dbaUrl, (client) => client.query('show server_version'));
      result.version = rows[0].server_version.split(' ')[0];
      const script = scripts(log, stop);
      const place = await during('schema', () => installSchema(owner, dbaUrl, script));
      result.schema = await onServer(place.ownerUrl, (client) => dumpSchema(client));
      await serve(place.url, { during, log, stop });
      await during('verify', () =>
        script('verification/verify.js', { DATABASE_ADMIN_URL: place.ownerUrl, DATABASE_URL: place.url }),
      );
      const other = await makeAnotherPlace(owner, dbaUrl, place, 'adopted');
      await during('adopt', () => adopt(other, script));
    });
  } catch (error) {
    stop.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    result.failure = `${current}: ${reason.split('\n')[0]}${keep(`matrix-${major}-${owner}.log`, log.join('\n'))}`;
  }
  return result;
}

/**
 * @param {string | undefined} binaries
 * @param {<T>(step: Step, work: () => Promise<T>) => Promise<T>} during
 * @param {(dbaUrl: string) => Promise<void>} work
 */
async function onFreshServer(binaries, during, work) {
  // Each cell needs a cluster of its own, because roles belong to the whole server.
  const server = await during('server', () => startServer(binaries, 'dba'));
  try {
    await work(server.url);
  } finally {
    await server.stop();
  }
}

/**
 * Runs a script of the build to its end.
 * @param {string[]} log
 * @param {AbortSignal} stop
 */
function scripts(log, stop) {
  return async (
    /** @type {string} */ file,
    /** @type {Record<string, string>} */ variables,
    /** @type {string[]} */ ...args
  ) => {
    const env = { PATH: process.env.PATH, ...variables };
    const command = [`src/${file}`, ...args];
    const { code, output, errors } = await run(process.execPath, command, { stop, env, cwd: WORKPLACE });
    log.push(`$ node ${command.join(' ')}`, output, errors);
    if (code !== 0) throw new Failure(`${[file, ...args].join(' ')}: ${firstError(errors || output)}`);
    return output;
  };
}

/**
 * @param {import('./cells.mjs').Owner} owner
 * @param {string} dbaUrl
 * @param {ReturnType<typeof scripts>} script
 */
async function installSchema(owner, dbaUrl, script) {
  /** @type {import('./owners.mjs').Migrate} */
  const migrate = (env, ...args) => script('database/migrate.js', env, 'run', ...args);
  const place = await makePlace(owner, dbaUrl, migrate);
  const env = { DATABASE_ADMIN_URL: place.ownerUrl, DATABASE_URL: place.url };
  // Two at once, as when two deployments start.
  await Promise.all([migrate(env), migrate(env)]);
  const again = await migrate(env);
  if (!/up to date/.test(again))
    throw new Failure(`a second run changes something: ${again.trim().split('\n').at(-1)}`);
  return place;
}

/**
 * Adopts a database from before the first release, with this cell's owner.
 * @param {import('./owners.mjs').Place} place
 * @param {ReturnType<typeof scripts>} script
 */
async function adopt(place, script) {
  const sql = fs.readFileSync(LEGACY, 'utf8');
  await onServer(place.ownerUrl, (client) => client.query(sql));
  const env = { DATABASE_ADMIN_URL: place.ownerUrl, DATABASE_URL: place.url };
  await script('database/migrate.js', env, 'run');
  await script('database/migrate.js', env, 'status');
  await script('verification/verify.js', env);
}

/**
 * @param {string} databaseUrl
 * @param {{
 *   during: <T>(step: Step, work: () => Promise<T>) => Promise<T>, log: string[], stop: AbortSignal
 * }} options
 */
async function serve(databaseUrl, { during, log, stop }) {
  const secrets = {
    platformKey: randomBytes(24).toString('hex'),
    jwtSecret: randomBytes(24).toString('hex'),
  };
  const variables = {
    NODE_ENV: 'production',
    LOG_LEVEL: 'warn',
    AUTH_MODE: 'jwt',
    JWT_SECRET: secrets.jwtSecret,
    PLATFORM_API_KEY: secrets.platformKey,
    DATABASE_URL: databaseUrl,
  };
  const service = await during('boot', () => startService(variables, stop));
  try {
    await during('job', () => doMainJob(service.url, secrets));
    await during('stop', () => service.stop());
  } finally {
    service.kill();
    log.push('$ node dist/src/main.js', service.output());
  }
}
