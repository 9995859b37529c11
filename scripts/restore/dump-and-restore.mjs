// @ts-check
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { makePlace, onServer, withParts } from '../matrix/owners.mjs';
import { startService, WORKPLACE } from '../matrix/service.mjs';
import { firstError, PROJECT } from '../prepare.mjs';
import { Failure, run } from '../processes.mjs';
import { startServer } from '../servers.mjs';
import { beginWork, goOn, SECRETS } from './work.mjs';
import { startReceiver } from './receiver.mjs';

/**
 * @typedef {object} Side
 * @property {string | undefined} binaries
 * @property {import('../matrix/cells.mjs').Owner} owner
 */

/** More than a new server's transactions when the service starts. */
const FURTHER = 5_000;
/** The commands of docs/database.md. Each names the addresses it needs. */
const PAGE = path.join(PROJECT, 'docs/database.md');
const HEADING = '## Dump and restore';

/**
 * @param {{ from: Side, to: (Side & { name: string })[], stop: AbortSignal, tell: (step: string) => void }} options
 * @throws Failure that names what does not continue
 */
export async function dumpAndRestore({ from, to, stop, tell }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inbox-restore-'));
  const receiver = await startReceiver();
  try {
    await onFresh(from, stop, async (old) => {
      tell('working on the first server');
      await onServer(old.dbaUrl, (client) => client.query(BURN));
      const before = await serve(old.url, stop, (url) => beginWork(url, receiver));
      for (const side of to) {
        const heard = receiver.heard.length;
        await onFresh(side, stop, async (place) => {
          tell(`restoring on ${side.name}`);
          await bash(documentedCommands(), from, { old, place, folder, stop });
          await script('verification/verify.js', [], place, stop);
          tell(`going on with ${side.name}`);
          await serve(place.url, stop, (url) => goOn(url, receiver, before));
          await script('verification/verify.js', [], place, stop);
        });
        // The next one starts from the same dump, so the receiver must get the same events again.
        receiver.heard.length = heard;
      }
    });
  } finally {
    receiver.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const BURN = `do $$ begin for n in 1..${FURTHER} loop perform pg_current_xact_id(); commit; end loop; end $$`;

/** @typedef {import('../matrix/owners.mjs').Place & { dbaUrl: string, owner: string }} Prepared */

/**
 * A new server with a database for the owner. The first server also gets the schema.
 * @param {Side & { name?: string }} side
 * @param {AbortSignal} stop
 * @param {(place: Prepared) => Promise<void>} work
 */
async function onFresh({ binaries, owner, name }, stop, work) {
  const server = await startServer(binaries, 'dba');
  try {
    const isFirst = name === undefined;
    /** @type {import('../matrix/owners.mjs').Migrate} */
    const migrate = isFirst
      ? (env, ...args) => command('database/migrate.js', ['run', ...args], env, stop)
      : async () => '';
    const place = await makePlace(owner, server.url, migrate);
    if (isFirst) {
      await migrate({ DATABASE_ADMIN_URL: place.ownerUrl, DATABASE_URL: place.url });
    }
    const database = new URL(place.ownerUrl).pathname.slice(1);
    const dbaUrl = withParts(server.url, { database });
    await work({ ...place, dbaUrl, owner });
  } finally {
    await server.stop();
  }
}

/**
 * @template T
 * @param {string} databaseUrl
 * @param {AbortSignal} stop
 * @param {(url: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
async function serve(databaseUrl, stop, work) {
  const service = await startService({ ...SECRETS.environment, DATABASE_URL: databaseUrl }, stop);
  try {
    const result = await work(service.url);
    await service.stop();
    return result;
  } finally {
    service.kill();
  }
}

/** Reads the commands from the page, so that the check runs what the page says. */
function documentedCommands() {
  const [, section = ''] = fs.readFileSync(PAGE, 'utf8').split(`${HEADING}\n`);
  const [, block] = /```sh\n([\s\S]*?)```/.exec(section) ?? [];
  if (block === undefined) throw new Failure(`docs/database.md has no commands under "${HEADING}"`);
  return block.replaceAll(
    'pnpm run db:run',
    `node ${JSON.stringify(path.join(PROJECT, 'dist/src/database/migrate.js'))} run`,
  );
}

/**
 * @param {string} commands
 * @param {Side} from
 * @param {{ old: Prepared, place: Prepared, folder: string, stop: AbortSignal }} where
 */
async function bash(commands, from, { old, place, folder, stop }) {
  const env = {
    PATH: `${from.binaries}${path.delimiter}${process.env.PATH}`,
    LC_ALL: 'C',
    OLD_OWNER_URL: old.ownerUrl,
    NEW_OWNER_URL: place.ownerUrl,
    NEW_SERVICE_URL: place.url,
    // A user who may create roles there.
    NEW_ADMIN_URL: place.owner === 'plain' ? place.dbaUrl : place.ownerUrl,
  };
  const result = await run('bash', ['-euo', 'pipefail', '-c', commands], { stop, env, cwd: folder });
  if (result.code !== 0)
    throw new Failure(`the restore failed: ${firstError(result.errors || result.output)}`);
}

/** @param {string} file @param {string[]} args @param {Prepared} place @param {AbortSignal} stop */
function script(file, args, place, stop) {
  return command(file, args, { DATABASE_ADMIN_URL: place.ownerUrl, DATABASE_URL: place.url }, stop);
}

/** @param {string} file @param {string[]} args @param {Record<string, string>} variables @param {AbortSignal} stop */
async function command(file, args, variables, stop) {
  const env = { PATH: process.env.PATH, ...variables };
  const result = await run(process.execPath, [`src/${file}`, ...args], { stop, env, cwd: WORKPLACE });
  if (result.code === 0) return result.output;
  throw new Failure(`${[file, ...args].join(' ')}: ${firstError(result.errors || result.output)}`);
}
