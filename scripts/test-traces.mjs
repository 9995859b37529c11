// @ts-check
// Finds and removes what a test run leaves on the developer's server.
import { Failure } from './processes.mjs';

/** The roles that the migrations create; roles belong to the whole server, not to a database. */
const ROLES = ['inbox_app', 'inbox_platform'];

/**
 * @template T
 * @param {string} url
 * @param {(client: import('pg').Client) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function clientOf(url, work) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // Without this listener a cut connection would end the process before it cleans up.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    const { message, code } = /** @type {NodeJS.ErrnoException} */ (error);
    throw new Failure(`the test database can't be reached: ${message || code} (check TEST_DATABASE_URL)`);
  }
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** @param {import('pg').Client} client @returns {Promise<string[]>} the service's roles that exist already */
export async function rolesOn(client) {
  const found = await client.query('select rolname from pg_roles where rolname = any($1)', [ROLES]);
  return found.rows.map(({ rolname }) => rolname);
}

/** @param {import('pg').Client} client @param {string} prefix @param {string[]} rolesBefore */
export async function removeTraces(client, prefix, rolesBefore) {
  const found = await client.query('select datname from pg_database where starts_with(datname, $1)', [
    prefix,
  ]);
  for (const { datname } of found.rows) {
    await client.query(`drop database if exists ${client.escapeIdentifier(datname)} with (force)`);
  }
  const logins = await client.query('select rolname from pg_roles where starts_with(rolname, $1)', [prefix]);
  for (const { rolname } of logins.rows) await client.query(`drop role ${client.escapeIdentifier(rolname)}`);
  for (const role of ROLES.filter((name) => !rolesBefore.includes(name))) {
    // Another run on the same server may use the role by now. Then it must stay.
    await client.query(`drop role if exists ${role}`).catch(() => {});
  }
}
