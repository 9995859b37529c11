// @ts-check
// Prepares the service's database for each kind of owner.
import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** The name in ops/ and docs/. */
const LOGIN = 'inbox_service';
const OWNER = 'inbox_owner';
const DATABASE = 'conversations';
const RIGHTS = {
  superuser: 'superuser',
  createrole: 'nosuperuser createrole createdb',
  plain: 'nosuperuser nocreaterole nocreatedb',
};

/**
 * @typedef {object} Place
 * @property {string} ownerUrl for DATABASE_ADMIN_URL
 * @property {string} url for DATABASE_URL
 * @typedef {(env: { DATABASE_ADMIN_URL: string, DATABASE_URL: string }, ...args: string[]) => Promise<string>} Migrate
 */

/**
 * Creates the owner and the database on an empty server, and the roles if the owner may not create them.
 * @param {import('./cells.mjs').Owner} owner
 * @param {string} dbaUrl of the superuser
 * @param {Migrate} migrate runs `db:run` with more arguments
 * @returns {Promise<Place>}
 */
export async function makePlace(owner, dbaUrl, migrate) {
  const dba = withParts(dbaUrl, { database: 'postgres' });
  const password = newPassword();
  const ownerUrl = withParts(dbaUrl, { user: OWNER, password, database: DATABASE });
  const url = withParts(dbaUrl, { user: LOGIN, password: newPassword(), database: DATABASE });
  await onServer(dba, (client) =>
    client.query(`create role ${OWNER} login password '${password}' ${RIGHTS[owner]}`),
  );
  await makeDatabase(owner, dbaUrl, ownerUrl, DATABASE);
  if (owner === 'plain') {
    const env = { DATABASE_ADMIN_URL: withParts(dbaUrl, { database: DATABASE }), DATABASE_URL: url };
    await migrate(env, '--roles-only', '--owner', OWNER);
  }
  return { ownerUrl, url };
}

/**
 * Makes a second database of the same owner.
 * @param {import('./cells.mjs').Owner} owner
 * @param {string} dbaUrl of the superuser
 * @param {Place} first
 * @param {string} name
 * @returns {Promise<Place>}
 */
export async function makeAnotherPlace(owner, dbaUrl, first, name) {
  await makeDatabase(owner, dbaUrl, first.ownerUrl, name);
  return {
    ownerUrl: withParts(first.ownerUrl, { database: name }),
    url: withParts(first.url, { database: name }),
  };
}

/**
 * @param {import('./cells.mjs').Owner} owner
 * @param {string} dbaUrl
 * @param {string} ownerUrl
 * @param {string} name
 */
async function makeDatabase(owner, dbaUrl, ownerUrl, name) {
  const maker = owner === 'plain' ? dbaUrl : ownerUrl;
  await onServer(withParts(maker, { database: 'postgres' }), (client) =>
    client.query(`create database ${name} owner ${OWNER}`),
  );
}

/** @param {string} url @param {{ user?: string, password?: string, database?: string }} parts */
export function withParts(url, { user, password, database }) {
  const other = new URL(url);
  if (user !== undefined) other.username = user;
  if (password !== undefined) other.password = password;
  if (database !== undefined) other.pathname = `/${database}`;
  return other.href;
}

function newPassword() {
  return randomBytes(18).toString('hex');
}

/**
 * @template T
 * @param {string} url
 * @param {(client: import('pg').Client) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function onServer(url, work) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {}); // the query in flight reports it
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
