// @ts-check
// Checks that db:run refuses an old server in one line and changes nothing there.
import { Failure, run } from '../processes.mjs';
import { startServer } from '../servers.mjs';
import { onServer } from './owners.mjs';
import { WORKPLACE } from './service.mjs';

const LINE = /^PostgreSQL 14\.\d+\S* is too old: 15 or newer is needed$/;

/**
 * @param {string} binaries
 * @param {AbortSignal} stop
 * @throws Failure when db:run accepts it or prints another line
 */
export async function refuseTooOld(binaries, stop) {
  const server = await startServer(binaries, 'dba');
  try {
    // db:run must refuse the server itself. The service would only miss its role there.
    const env = { PATH: process.env.PATH, NODE_ENV: 'test', DATABASE_URL: server.url };
    const args = ['src/database/migrate.js', 'run'];
    const { code, errors } = await run(process.execPath, args, { stop, env, cwd: WORKPLACE });
    if (code !== 1 || !LINE.test(errors.trim()))
      throw new Failure(`PostgreSQL 14: exit ${code}: ${errors.trim()}`);
    const made = await onServer(server.url, (client) =>
      client.query(`select rolname from pg_roles where rolname ~ '^inbox_'`),
    );
    if (made.rows.length > 0) throw new Failure('PostgreSQL 14: roles are made before it is refused');
  } finally {
    await server.stop();
  }
}
