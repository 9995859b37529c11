// @ts-check
// The database of `npm start`, for commands beside it.
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { findPostgres, startPostgres } from './embedded-postgres.mjs';

/** Where its data and its passwords stay between starts. */
const DIRECTORY = '.data/postgres';
/** What the service logs in as: it owns nothing, and row-level security binds it. */
const SERVICE_LOGIN = 'inbox_service';
const SERVICE_PASSWORD = path.join(DIRECTORY, 'service-password');

/** @typedef {{ DATABASE_ADMIN_URL: string, DATABASE_URL: string }} Urls */

/** Whether `npm start` has made one here. */
export function hasEmbeddedDatabase() {
  return fs.existsSync(path.join(DIRECTORY, 'password'));
}

export function startEmbeddedDatabase() {
  return startPostgres({ directory: DIRECTORY, persistent: true });
}

/** The addresses of the one that runs, or null. */
export function findEmbeddedDatabase() {
  const owner = findPostgres(DIRECTORY);
  return owner === null ? null : urlsOf(owner);
}

/**
 * The owner's address, and that of the service. Before `npm start` has made the login, the service is the owner.
 * @param {string} owner
 * @returns {Urls}
 */
export function urlsOf(owner) {
  const service = fs.existsSync(SERVICE_PASSWORD) ? serviceUrl(owner) : owner;
  return { DATABASE_ADMIN_URL: owner, DATABASE_URL: service };
}

/**
 * The same, with a password for the login of the service: `db:run --set-password` gives it to the login.
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
