// The PostgreSQL server that runs on a data directory, no matter what started it.
import fs from 'node:fs';
import path from 'node:path';
import { hasArgument, pause, startOf, trySignal } from './processes.mjs';

/**
 * The file with the server's process on line 1, its port on line 4 and its state on line 8.
 * @param {string} cluster
 */
export function postmasterOf(cluster) {
  try {
    const lines = fs.readFileSync(path.join(cluster, 'postmaster.pid'), 'utf8').split('\n');
    return { pid: Number(lines[0]), port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
  } catch {
    return null;
  }
}

/**
 * The port of the server that runs on this data, or null when none does.
 * @param {string} cluster
 */
export function portOfServer(cluster) {
  const said = postmasterOf(cluster);
  return said?.ready && hasArgument(said.pid, cluster) ? said.port : null;
}

/**
 * Stops the server that runs on this data, if there is one. First it requests a fast shutdown, later an immediate one.
 * @param {string} cluster
 */
export async function stopServerOf(cluster) {
  const pid = postmasterOf(cluster)?.pid;
  if (!pid) return;
  const running = () => hasArgument(pid, cluster);
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGQUIT', 'SIGKILL'])) {
    if (!running()) break;
    trySignal(pid, signal);
    for (const deadline = Date.now() + 15_000; running() && Date.now() < deadline;) await pause(20);
  }
  // Another process may have the number by now, and PostgreSQL would take it for its predecessor.
  if (startOf(pid) !== null && !running()) fs.rmSync(path.join(cluster, 'postmaster.pid'), { force: true });
}
