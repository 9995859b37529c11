// Other processes: running them, knowing them again by more than their number, ending with them.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

export { pause };

const WINDOWS = process.platform === 'win32';

/** Something the person at the terminal can act on: its message is the one line they see. */
export class Failure extends Error {
  /** @param {string} message @param {number} exitCode */
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * A signal that aborts on Ctrl-C, SIGTERM, a closed terminal, and when the npm process that started us
 * is gone: npm, when killed, leaves its children behind. Repeated signals change nothing, because npm
 * forwards a Ctrl-C that the terminal has already sent to all of us.
 * @returns {AbortSignal}
 */
export function stopSignal() {
  const stop = new AbortController();
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => stop.abort());
  }
  if (process.env.npm_lifecycle_event) {
    const family = ancestors().join();
    setInterval(() => ancestors().join() !== family && stop.abort(), 100).unref();
  }
  return stop.signal;
}

/** The parent, and its parent where it is the shell that some systems put between npm and us. */
function ancestors() {
  const stat = statOf(process.ppid);
  return stat?.name.endsWith('sh') ? [process.ppid, stat.parent] : [process.ppid];
}

/**
 * Runs a command to its end and collects its output. It gets its own process group, so that stopping it
 * reaches what it started in turn, and a Ctrl-C doesn't reach it before us.
 * @param {string} command
 * @param {string[]} args
 * @param {{ stop: AbortSignal, env?: NodeJS.ProcessEnv, cwd?: string }} options
 * @returns {Promise<{ code: number, output: string, errors: string }>}
 */
export async function run(command, args, { stop, env = process.env, cwd }) {
  stop.throwIfAborted();
  const child = spawn(command, args, {
    cwd,
    env,
    detached: !WINDOWS,
    shell: WINDOWS && command === 'npx',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (errors += chunk));
  const kill = () => signalGroup(child.pid, 'SIGTERM');
  stop.addEventListener('abort', kill);
  try {
    const code = await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (exitCode) => resolve(exitCode ?? 1));
    });
    stop.throwIfAborted();
    return { code, output, errors };
  } finally {
    stop.removeEventListener('abort', kill);
  }
}

/**
 * Runs a script of Node at the caller's terminal, in our process group, and stops it with us.
 * @param {string} script
 * @param {string[]} args
 * @param {{ stop: AbortSignal, env: NodeJS.ProcessEnv, patienceMs?: number }} options `patienceMs`: after so long it is
 *   killed, if given
 * @returns {Promise<number>} its exit code
 */
export async function runAttached(script, args, { stop, env, patienceMs }) {
  stop.throwIfAborted();
  const child = spawn(process.execPath, [script, ...args], { env, stdio: 'inherit' });
  const end = () => {
    child.kill('SIGTERM');
    if (patienceMs !== undefined) setTimeout(() => child.kill('SIGKILL'), patienceMs).unref();
  };
  stop.addEventListener('abort', end);
  /** @type {number} */
  const code = await new Promise((resolve) => {
    child.once('exit', (exitCode) => resolve(exitCode ?? 1));
    child.once('error', () => resolve(1));
  });
  stop.removeEventListener('abort', end);
  stop.throwIfAborted();
  return code;
}

/** @param {number | undefined} pid @param {NodeJS.Signals} signal */
function signalGroup(pid, signal) {
  if (pid !== undefined) trySignal(WINDOWS ? pid : -pid, signal);
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals | 0} signal
 * @returns {boolean} whether there was somebody to receive it
 */
export function trySignal(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    // EPERM: it is there, but belongs to somebody else.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/**
 * When a process began, in whatever form the system tells it, or null when it isn't running. Together
 * with the number it names a process for good; the number alone is given out again.
 * @param {number} pid
 * @returns {string | null}
 */
export function startOf(pid) {
  if (!trySignal(pid, 0)) return null;
  if (process.platform === 'linux') return statOf(pid)?.startedAt ?? null;
  return WINDOWS ? 'running' : ask(pid, 'lstart') || null;
}

/**
 * Whether a running process was started with this argument.
 * @param {number} pid
 * @param {string} argument
 */
export function hasArgument(pid, argument) {
  if (startOf(pid) === null) return false;
  if (process.platform !== 'linux') return WINDOWS || ask(pid, 'command').includes(argument);
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(argument);
  } catch {
    return false;
  }
}

/**
 * What Linux knows about a process. One that has ended and only waits for its parent to notice counts
 * as gone: in a container there may be nobody who ever does.
 * @param {number} pid
 */
function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name stands in brackets and may itself hold brackets and spaces.
    const end = stat.lastIndexOf(')');
    const [state, parent, ...rest] = stat.slice(end + 2).split(' ');
    if (state === 'Z' || state === 'X') return null;
    return { name: stat.slice(stat.indexOf('(') + 1, end), parent: Number(parent), startedAt: rest[17] };
  } catch {
    return null;
  }
}

/** @param {number} pid @param {string} field */
function ask(pid, field) {
  return spawnSync('ps', ['-ww', '-o', `${field}=`, '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
}
