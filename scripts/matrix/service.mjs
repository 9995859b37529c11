// @ts-check
// The built service as a process of its own, set up as in production.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { PROJECT, firstError } from '../prepare.mjs';
import { freePort } from '../ports.mjs';
import { Failure, pause } from '../processes.mjs';
import { SERVICE_COMMAND } from '../service-command.mjs';

const READY_WITHIN_MS = 30_000;
/** A directory without a developer's .env, which a child process would read. */
export const WORKPLACE = path.join(PROJECT, 'dist');
const COMMAND = SERVICE_COMMAND.map((arg) => (arg.startsWith('-') ? arg : path.join(PROJECT, arg)));
/** Longer than the service's own limit. */
const GONE_WITHIN_MS = 35_000;

/**
 * @typedef {object} Service
 * @property {string} url
 * @property {() => Promise<void>} stop sends SIGTERM and fails unless the service exits with 0
 * @property {() => void} kill sends SIGKILL
 * @property {() => string} output
 */

/**
 * Starts the service and waits until it is ready.
 * @param {Record<string, string>} variables
 * @param {AbortSignal} stop
 * @returns {Promise<Service>}
 */
export async function startService(variables, stop) {
  stop.throwIfAborted();
  const port = await freePort();
  const child = spawn(process.execPath, COMMAND, {
    cwd: WORKPLACE,
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), ...variables },
    // Its own process group keeps a Ctrl-C away until we pass it on. When we are killed, the channel closes, and it
    // notices.
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  /** @type {number | string | null} the exit code, or the signal that ended it */
  let end = null;
  /** @type {Promise<void>} */
  const gone = new Promise((resolve) => {
    child.once('error', (error) => (output += error.message));
    child.once('close', (code, signal) => {
      end = code ?? signal ?? 'unknown';
      resolve();
    });
  });
  const url = `http://127.0.0.1:${port}`;
  const service = {
    url,
    kill: () => void child.kill('SIGKILL'),
    output: () => output,
    stop: async () => {
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), GONE_WITHIN_MS);
      await gone;
      clearTimeout(killer);
      if (end !== 0) throw new Failure(`it ended with ${end} after SIGTERM: ${firstError(output)}`);
    },
  };
  for (const deadline = Date.now() + READY_WITHIN_MS; ; await pause(20)) {
    const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(5000) }).catch(() => null);
    await response?.arrayBuffer();
    if (response?.status === 200) return service;
    if (end === null && !stop.aborted && Date.now() < deadline) continue;
    service.kill();
    stop.throwIfAborted();
    throw new Failure(end === null ? 'it does not become ready' : firstError(output));
  }
}
