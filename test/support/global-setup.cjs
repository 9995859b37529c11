// Jest calls this once before a run. It starts the database, also when an editor runs a single file.
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { createInterface } = require('node:readline');
const { bundlePrograms } = require('./packages/packages.cjs');

const SCRIPT = path.join(__dirname, '../../scripts/test-database.mjs');
const INTERRUPTED = 130;

/** @type {import('node:child_process').ChildProcess | null} */
let keeper = null;

module.exports = async () => {
  // Its own process group keeps a Ctrl-C away until we pass it on. It ends when its stdin closes, even after SIGKILL.
  keeper = spawn(process.execPath, [SCRIPT], {
    detached: true,
    windowsHide: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  globalThis.stopTestDatabase = stop;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, stopAndExit);
  // The database starts meanwhile.
  bundlePrograms();
  const lines = createInterface({ input: keeper.stdout });
  const [line] = await Promise.race([once(lines, 'line'), once(lines, 'close')]);
  // It has printed the reason.
  if (line === undefined) process.exit(1);
  const { set, unset } = JSON.parse(line);
  for (const name of unset) delete process.env[name];
  Object.assign(process.env, set);
};

async function stop() {
  const exited = once(keeper, 'exit');
  if (keeper.exitCode !== null || keeper.signalCode !== null) return;
  keeper.stdin.end();
  await exited;
}

async function stopAndExit() {
  await stop();
  process.exit(INTERRUPTED);
}
