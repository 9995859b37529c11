// Profiles a few statements and a process as the bench does, on a PostgreSQL of its own. Prints what was found.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { withClient, withDatabase } from '../../../bench/database.mjs';
import { Profiler } from '../../../bench/profile/profiler.mjs';
import { profileText } from '../../../bench/profile/report.mjs';
import { COUNTING } from '../../../bench/profile/statements.mjs';
import { startPostgres } from '../../../scripts/embedded-postgres.mjs';

const CALLS = 20;
const stop = new AbortController().signal;
const server = await startPostgres({ persistent: false, settings: COUNTING });
const profiler = await Profiler.start({ url: server.url, prefix: 'measured_', stop, postmaster: null });
const child = fork(path.join(import.meta.dirname, 'spinning.mjs'), { execArgv: [...profiler.agent] });
try {
  profiler.services.add({ pid: child.pid ?? -1, isFrozen: false, child });
  await withClient(server.url, stop, (client) => client.query('create database measured_world'));
  await withClient(withDatabase(server.url, 'measured_world'), stop, async (client) => {
    await client.query(`create function twice(n integer) returns integer language plpgsql as
      $$ declare m integer; begin select n * 2 into m from pg_class limit 1; return m; end $$`);
    await profiler.scenario('P0', async () => {
      await profiler.window(() => client.query(`select 1 as warm_up`));
      await client.query(`select 1 as outside_of_a_window`);
      await profiler.part('P0, busy', async () => {
        const busy = async () => {
          await withClient(server.url, stop, (other) => other.query(`select 1 as another_database`));
          for (let i = 0; i < CALLS; i++) await client.query('select twice($1)', [i]);
          child.send('spin');
          await once(child, 'message');
        };
        await profiler.window(busy, () => 7);
      });
    });
  });
  const found = profiler.found();
  process.stdout.write(JSON.stringify({ found, texts: found.map(profileText) }));
} finally {
  child.kill();
  await profiler.end();
  await server.stop();
}
