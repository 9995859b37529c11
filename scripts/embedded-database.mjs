// @ts-check
// The database of `npm start`, for other commands.
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { findPostgres, startPostgres } from './embedded-postgres.mjs';

/** Keeps data and passwords between starts. */
const DIRECTORY = '.data/postgres';
/** The login of the service. It owns nothing, and row-level security applies to it. */
const SERVICE_LOGIN = 'inbox_service';
const SERVICE_PASSWORD = path.join(DIRECTORY, 'service-password');

/** @typedef {{ DATABASE_ADMIN_URL: string, DATABASE_URL: string }} Urls */

/** Whether `npm start` has created a database in this checkout. */
export function hasEmbeddedDatabase() {
  return fs.existsSync(path.join(DIRECTORY, 'password'));
}

export function startEmbeddedDatabase() {
  return startPostgres({ directory: DIRECTORY, persistent: true });
}

/** The addresses of the running database, or null. */
export function findEmbeddedDatabase() {
  const owner = findPostgres(DIRECTORY);
  return owner === null ? null : urlsOf(owner);
}

/**
 * The addresses of the owner and of the service. Until `npm start` has made the login, the service uses the owner's.
 * @param {string} owner
 * @returns {Urls}
 */
export function urlsOf(owner) {
  const service = fs.existsSync(SERVICE_PASSWORD) ? serviceUrl(owner) : owner;
  return { DATABASE_ADMIN_URL: owner, DATABASE_URL: service };
}

/**
 * The same, and chooses the password of the service's login. `db:run --set-password` sets it.
 * @param {string} owner
 * @returns {Urls}
 */
export function urlsWithService(owner) {
  if (!fs.existsSync(SERVICE_PASSWORD))
    fs.writeFileSync(SERVICE_PASSWORD, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return urlsOf(owner);
}

/** @param {string} owner */
function serviceUrl(owner) {
  const url = new URL(owner);
  url.username = SERVICE_LOGIN;
  url.password = fs.readFileSync(SERVICE_PASSWORD, 'utf8').trim();
  return url.href;
}
