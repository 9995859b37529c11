// @ts-check
// Starts the process of the clients and talks to it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** @typedef {import('./load-process.mjs').Job} Job */
/** @typedef {import('./load-process.mjs').Done} Done */

const SCRIPT = fileURLToPath(new URL('./load-process.mjs', import.meta.url));

/** One process for all of a run: it does one job at a time. */
export class Load {
  /** @param {AbortSignal} stop @param {import('./profile/profiler.mjs').AnyProfiler} profiler */
  constructor(stop, profiler) {
    this.profiler = profiler;
    this.process = fork(SCRIPT, { serialization: 'advanced', detached: process.platform !== 'win32' });
    this.stop = stop;
  }

  /** @param {Partial<Job> & Pick<Job, 'port' | 'requests'>} job @returns {Promise<Done>} */
  async run(job) {
    return this.profiler.window(
      () => this.send(job),
      ({ cpuMilliseconds }) => cpuMilliseconds,
    );
  }

  /** @param {Partial<Job> & Pick<Job, 'port' | 'requests'>} job @returns {Promise<Done>} */
  async send(job) {
    this.stop.throwIfAborted();
    const whole = { inOrder: false, operations: Infinity, milliseconds: Infinity, keepBodies: false, ...job };
    this.process.send(whole);
    const { promise: ended, resolve } = promised();
    this.process.once('exit', resolve);
    this.stop.addEventListener('abort', resolve);
    try {
      const message = await Promise.race([once(this.process, 'message'), ended]);
      this.stop.throwIfAborted();
      if (!Array.isArray(message)) throw new Error('the process of the clients ended');
      if (message[0].error) throw new Error(`the clients: ${message[0].error}`);
      return message[0].done;
    } finally {
      this.process.off('exit', resolve);
      this.stop.removeEventListener('abort', resolve);
    }
  }

  /** Stops sending. The running job ends with the last response. */
  finish() {
    this.process.send('finish');
  }

  end() {
    this.process.kill('SIGKILL');
  }
}

function promised() {
  /** @type {(value?: unknown) => void} */
  let resolve = () => {};
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}

/**
 * The bytes of a request.
 * @param {string} method @param {string} path @param {string} token @param {unknown} [body]
 */
export function request(method, path, token, body) {
  const text = body === undefined ? '' : JSON.stringify(body);
  const type = body === undefined ? '' : 'content-type: application/json\r\n';
  const head = `${method} /api/v1${path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${token}\r\n${type}`;
  return Buffer.from(`${head}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}

/**
 * Deals requests to callers in turn, for a run in which each sends its own in order.
 * @template R
 * @param {readonly R[]} requests @param {number} callers
 * @returns {R[][]}
 */
export function dealt(requests, callers) {
  return Array.from({ length: callers }, (_, caller) => requests.filter((_, i) => i % callers === caller));
}
