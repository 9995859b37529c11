// @ts-check
// The PostgreSQL server of a run, and the databases on it.
import { randomBytes } from 'node:crypto';
import { startPostgres } from '../scripts/embedded-postgres.mjs';
import { firstError } from '../scripts/prepare.mjs';
import { postmasterOf } from '../scripts/postmaster.mjs';
import { Failure, run, trySignal } from '../scripts/processes.mjs';
import { one, withClient, withDatabase } from './database.mjs';
import { fill } from './fill.mjs';
import { postmasterBehind } from './cpu.mjs';
import { NoProfiler } from './profile/profiler.mjs';
import { COUNTING } from './profile/statements.mjs';
import { say, show } from './progress.mjs';

/** Durable, as in production: a commit is on the disk before the response. */
const DURABLE = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '1GB',
  effective_cache_size: '3GB',
  // A checkpoint starts by time, not by the amount of WAL.
  max_wal_size: '8GB',
  checkpoint_timeout: '15min',
  max_connections: '200',
  track_io_timing: 'on',
  log_checkpoints: 'on',
};
const ROLES = ['inbox_app', 'inbox_platform'];

/**
 * @typedef {object} World a filled database
 * @property {string} name
 * @property {string} url as its owner
 * @property {string} serviceUrl with the login of the service
 * @property {number} depth queued conversations
 * @property {number} tenants
 * @property {import('./profile/profiler.mjs').AnyProfiler} profiler that watches its services
 */

export class Server {
  /**
   * @param {string} url as a superuser
   * @param {AbortSignal} stop
   * @param {() => Promise<void>} shutDown
   */
  constructor(url, stop, shutDown) {
    this.url = url;
    this.stop = stop;
    this.shutDown = shutDown;
    this.prefix = `bench_${randomBytes(4).toString('hex')}_`;
    this.password = randomBytes(18).toString('hex');
    /** @type {Map<string, Promise<World>>} */
    this.worlds = new Map();
    /** @type {number | null} */
    this.postmaster = null;
    /** @type {Promise<string> | undefined} */
    this.migrated = undefined;
    /** @type {string[] | undefined} */
    this.rolesBefore = undefined;
    /** @type {import('./profile/profiler.mjs').AnyProfiler} */
    this.profiler = new NoProfiler();
  }

  /** What the server is and how it is set. */
  async describe() {
    return withClient(this.url, this.stop, async (client) => {
      const { version, backend, superuser } = await one(
        client,
        `select current_setting('server_version') as version, pg_backend_pid() as backend,
          (select rolsuper from pg_roles where rolname = current_user) as superuser`,
      );
      if (!superuser) throw new Failure('BENCH_DATABASE_URL should log in as a superuser', 2);
      this.postmaster = postmasterBehind(backend);
      const { rows } = await client.query(
        'select name, current_setting(name) as value from pg_settings where name = any ($1) order by name',
        [Object.keys(DURABLE)],
      );
      return { version, settings: Object.fromEntries(rows.map(({ name, value }) => [name, value])) };
    });
  }

  /**
   * A database with `depth` queued conversations of `tenants` tenants. The first call fills it.
   * @param {number} depth @param {number} tenants @param {string} [purpose] for a database that only one scenario uses
   */
  world(depth, tenants, purpose = '') {
    const name = `${this.prefix}${depth}_${tenants}${purpose === '' ? '' : `_${purpose}`}`;
    const known = this.worlds.get(name);
    if (known !== undefined) return known;
    const world = this.make(name, depth, tenants);
    this.worlds.set(name, world);
    return world;
  }

  /** @param {string} name @param {number} depth @param {number} tenants @returns {Promise<World>} */
  async make(name, depth, tenants) {
    const template = await this.template();
    await withClient(this.url, this.stop, (client) =>
      client.query(`create database ${name} template ${template}`),
    );
    const url = withDatabase(this.url, name);
    const what = `${depth.toLocaleString('en')} conversations of ${tenants === 1 ? 'one tenant' : `${tenants} tenants`}`;
    const started = performance.now();
    await withClient(url, this.stop, (client) =>
      fill(client, { depth, tenants }, (share) => show(`filling ${what}: ${Math.round(share * 100)} %`)),
    );
    say(`filled ${what} in ${Math.round((performance.now() - started) / 1000)} s`);
    return { name, url, serviceUrl: this.serviceUrl(name), depth, tenants, profiler: this.profiler };
  }

  /**
   * A copy of a database to which nobody is connected.
   * @param {World} world @param {string} purpose
   * @returns {Promise<World>}
   */
  async copyOf(world, purpose) {
    const name = `${world.name}_${purpose}`;
    await withClient(this.url, this.stop, (client) =>
      client.query(`create database ${name} template ${world.name}`),
    );
    const copy = { ...world, name, url: withDatabase(this.url, name), serviceUrl: this.serviceUrl(name) };
    this.worlds.set(name, Promise.resolve(copy));
    return copy;
  }

  /** @param {string} database its name */
  serviceUrl(database) {
    const url = new URL(withDatabase(this.url, database));
    url.username = `${this.prefix}service`;
    url.password = this.password;
    return url.href;
  }

  /** An empty database with the schema, and the login of the service. */
  template() {
    this.migrated ??= this.migrate(`${this.prefix}template`);
    return this.migrated;
  }

  /** @param {string} name */
  async migrate(name) {
    await withClient(this.url, this.stop, async (client) => {
      const found = await client.query('select rolname from pg_roles where rolname = any ($1)', [ROLES]);
      this.rolesBefore = found.rows.map(({ rolname }) => rolname);
      await client.query(`create database ${name}`);
    });
    const env = {
      PATH: process.env.PATH,
      DATABASE_ADMIN_URL: withDatabase(this.url, name),
      DATABASE_URL: this.serviceUrl(name),
    };
    const result = await run(process.execPath, ['dist/src/database/migrate.js', 'run'], {
      stop: this.stop,
      env,
    });
    if (result.code !== 0)
      throw new Failure(`the database can't be migrated: ${firstError(result.errors || result.output)}`);
    return name;
  }

  /** Takes a database away that nothing else needs. @param {World} world */
  async drop({ name }) {
    this.worlds.delete(name);
    await withClient(this.url, this.stop, (client) =>
      client.query(`drop database if exists ${name} with (force)`),
    );
  }
}

/**
 * Runs `work` with the server of BENCH_DATABASE_URL, or with a temporary one. It leaves nothing behind on either.
 * @template T
 * @param {AbortSignal} stop @param {{ profile: boolean }} options
 * @param {(server: Server) => Promise<T>} work
 */
export async function withServer(stop, { profile }, work) {
  const given = process.env.BENCH_DATABASE_URL?.trim();
  const server = given ? await givenServer(given, stop) : await ownServer(stop, profile);
  try {
    return await work(server);
  } finally {
    say('tidying up');
    await server.shutDown();
  }
}

/** @param {AbortSignal} stop @param {boolean} profile */
async function ownServer(stop, profile) {
  say('starting a durable PostgreSQL');
  const settings = profile ? { ...DURABLE, ...COUNTING } : DURABLE;
  const started = await startPostgres({ persistent: false, settings });
  return new Server(started.url, stop, async () => {
    // The data are not needed again, so don't wait for the last checkpoint.
    const pid = postmasterOf(started.data)?.pid;
    if (pid !== undefined) trySignal(pid, 'SIGQUIT');
    await started.stop();
  });
}

/** @param {string} url @param {AbortSignal} stop @returns {Promise<Server>} */
async function givenServer(url, stop) {
  /** @type {Server} */
  const server = new Server(url, stop, () => removeTraces(server));
  try {
    await withClient(url, stop, (client) => client.query('select'));
  } catch (error) {
    const { message, code } = /** @type {NodeJS.ErrnoException} */ (error);
    throw new Failure(`the database can't be reached: ${message || code} (check BENCH_DATABASE_URL)`, 2);
  }
  return server;
}

/** @param {Server} server */
async function removeTraces(server) {
  // Ctrl-C cuts connections with the signal of the run, so this uses another one.
  await withClient(server.url, new AbortController().signal, async (client) => {
    const { rows } = await client.query('select datname from pg_database where starts_with(datname, $1)', [
      server.prefix,
    ]);
    for (const { datname } of rows) await client.query(`drop database if exists ${datname} with (force)`);
    await client.query(`drop role if exists ${server.prefix}service`);
    for (const role of ROLES.filter((name) => server.rolesBefore?.includes(name) === false)) {
      // Another database of the server may use the role by now. Then it must stay.
      await client.query(`drop role if exists ${role}`).catch(() => {});
    }
  });
}
