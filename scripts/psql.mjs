// @ts-check
// `npm run db:psql` opens the database with psql. It does not start the database.
import { spawn, spawnSync } from 'node:child_process';
import { findEmbeddedDatabase } from './embedded-database.mjs';
import { checkNode, loadEnvFile, PROJECT, runToExit } from './prepare.mjs';
import { Failure, stopSignal } from './processes.mjs';

const USAGE = `npm run db:psql                    opens psql on the database of DATABASE_ADMIN_URL (default: DATABASE_URL), or else on
                                   the one of npm start while that runs; without psql it prints the address to paste
npm run db:psql -- --service       as the login of the service (DATABASE_URL): row-level security shows one tenant at a
                                   time, after set app.tenant_id = '…'
npm run db:psql -- --url           only prints the address, with its password
npm run db:psql -- -c 'select 1'   everything else goes to psql`;

const stop = stopSignal();
await runToExit(stop, look, 0);

/** @returns {Promise<number>} the exit code of psql */
async function look() {
  checkNode();
  process.chdir(PROJECT);
  const args = process.argv.slice(2).filter((arg, i) => arg !== '--' || i > 0);
  const own = ['--help', '--service', '--url'];
  const asked = args.filter((arg) => own.includes(arg));
  const rest = args.filter((arg) => !own.includes(arg));
  if (asked.includes('--help')) {
    console.log(USAGE);
    return 0;
  }
  loadEnvFile();
  const url = addressOf(asked.includes('--service'));
  if (asked.includes('--url')) {
    console.log(url);
    return 0;
  }
  if (spawnSync('psql', ['--version']).status !== 0) {
    if (rest.length > 0) throw new Failure('there is no psql on this machine');
    console.log(`There is no psql on this machine. Paste this into any client for PostgreSQL:\n${url}`);
    return 0;
  }
  return psql(url, rest);
}

/** @param {boolean} asService */
function addressOf(asService) {
  const given = {
    DATABASE_URL: process.env.DATABASE_URL?.trim(),
    DATABASE_ADMIN_URL: process.env.DATABASE_ADMIN_URL?.trim(),
  };
  const urls = given.DATABASE_URL || given.DATABASE_ADMIN_URL ? given : findEmbeddedDatabase();
  if (urls === null)
    throw new Failure('no database runs here: start one with npm start, or set DATABASE_URL in .env');
  const url = asService ? urls.DATABASE_URL : urls.DATABASE_ADMIN_URL || urls.DATABASE_URL;
  if (!url) throw new Failure('DATABASE_URL is not set, which names the login of the service');
  if (!URL.canParse(url)) throw new Failure('the address of the database is no URL: see .env.example');
  return url;
}

/**
 * @param {string} address
 * @param {string[]} args
 * @returns {Promise<number>}
 */
async function psql(address, args) {
  const url = new URL(address);
  // Don't pass the password as an argument: all users of the machine see those.
  const password = url.password === '' ? {} : { PGPASSWORD: decodeURIComponent(url.password) };
  url.password = '';
  const child = spawn('psql', [url.href, ...args], {
    env: { ...process.env, ...password },
    stdio: 'inherit',
  });
  process.once('SIGTERM', () => child.kill());
  // Ctrl-C is for psql, which cancels the statement and goes on.
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code ?? 1));
    child.once('error', () => resolve(1));
  });
}
