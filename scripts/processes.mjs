// Runs other processes, identifies them by more than their number, and ends when the parent ends.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

export { pause };

const WINDOWS = process.platform === 'win32';

/** An error that the user can act on. Its message is one line. */
export class Failure extends Error {
  /** @param {string} message @param {number} exitCode */
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * A signal that aborts on Ctrl-C, SIGTERM, a closed terminal, and when the npm process that started us has ended,
 * because a killed npm leaves its children behind. It ignores repeated signals, because npm forwards a Ctrl-C that the
 * terminal has already sent to all processes.
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

/** The parent, and its parent too if the parent is a shell between npm and us. */
function ancestors() {
  const stat = statOf(process.ppid);
  return stat?.name.endsWith('sh') ? [process.ppid, stat.parent] : [process.ppid];
}

/**
 * Runs a command and collects its output. It has its own process group, so that a stop also reaches its children, and a
 * Ctrl-C does not reach it before us.
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
 * Runs a Node script at the caller's terminal, in our process group, and stops it when we stop.
 * @param {string} script
 * @param {string[]} args
 * @param {{ stop: AbortSignal, env: NodeJS.ProcessEnv, patienceMs?: number }} options `patienceMs`: how long it may
 * take
 *   to stop before it is killed
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
 * @returns {boolean} whether the process exists
 */
export function trySignal(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    // EPERM: the process exists but belongs to another user.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/**
 * The start of a process in the system's own format, or null when it isn't running. Number and start together identify
 * a process. The number alone is reused.
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
 * What Linux knows about a process. A zombie counts as ended, because in a container its parent may never collect it.
 * @param {number} pid
 */
function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name is in brackets and may contain brackets and spaces.
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
