// @ts-check
// Runs the built service as a process, set up as in production.
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { request } from 'undici';
import { freePort } from '../scripts/ports.mjs';
import { SERVICE_COMMAND } from '../scripts/service-command.mjs';
import { Failure, pause } from '../scripts/processes.mjs';
import { connect, one } from './database.mjs';

const SECRET = 'bench-secret-of-more-than-32-characters';
/** Differs from the defaults where a default would refuse the many requests of a bench. */
export const SETTINGS = {
  NODE_ENV: 'production',
  LOG_LEVEL: 'info',
  AUTH_MODE: 'jwt',
  RATE_LIMIT_PER_MINUTE: '10000000',
};
const READY_WITHIN_MS = 60_000;
const HOUR = 3600;

/** Whether this build knows a variable. Older builds lack some. @param {string} name */
export async function knows(name) {
  const { KNOWN_VARIABLES } = await import(
    new URL('../dist/src/config/known-variables.js', import.meta.url).href
  );
  return KNOWN_VARIABLES.includes(name);
}

/**
 * @typedef {object} ServiceOptions
 * @property {boolean} [coalescing] on by default, if this build has it
 * @property {Record<string, string>} [variables] other settings
 */

export class Service {
  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {number} port @param {number} readyMs @param {AbortSignal} stop @param {string} log
   * @param {string} ownerUrl of its database
   */
  constructor(child, port, readyMs, stop, log, ownerUrl) {
    this.child = child;
    this.port = port;
    /** From the start of the process to the first 200 of /ready. */
    this.readyMs = readyMs;
    this.stop = stop;
    this.log = log;
    this.ownerUrl = ownerUrl;
    /** Whether SIGSTOP has stopped it. */
    this.isFrozen = false;
  }

  get pid() {
    return this.child.pid ?? -1;
  }

  /**
   * @param {import('./server.mjs').World} world
   * @param {AbortSignal} stop
   * @param {ServiceOptions} [options]
   */
  static async start(world, stop, { coalescing = true, variables = {} } = {}) {
    stop.throwIfAborted();
    const port = await freePort();
    const log = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'inbox-bench-')), 'service.log');
    const switches = (await knows('ALLOCATE_COALESCING'))
      ? { ALLOCATE_COALESCING: coalescing ? 'yes' : 'no' }
      : {};
    const address = {
      HOST: '127.0.0.1',
      PORT: String(port),
      DATABASE_URL: world.serviceUrl,
      JWT_SECRET: SECRET,
    };
    const output = fs.openSync(log, 'w');
    const startedAt = performance.now();
    const child = spawn(process.execPath, [...world.profiler.agent, ...SERVICE_COMMAND], {
      env: { PATH: process.env.PATH, ...SETTINGS, ...switches, ...address, ...variables },
      // We pass a Ctrl-C on. When we are killed, the service notices that the channel closes.
      detached: process.platform !== 'win32',
      stdio: ['ignore', output, output, 'ipc'],
    });
    fs.closeSync(output);
    const service = new Service(child, port, NaN, stop, log, world.url);
    try {
      await service.becomesReady();
      service.readyMs = performance.now() - startedAt;
      world.profiler.services.add(service);
      child.once('exit', () => world.profiler.services.delete(service));
      return service;
    } catch (error) {
      await service.end();
      throw error;
    }
  }

  async becomesReady() {
    for (const deadline = Date.now() + READY_WITHIN_MS; Date.now() < deadline; await pause(5)) {
      this.stop.throwIfAborted();
      if (this.child.exitCode !== null || this.child.signalCode !== null) break;
      const response = await fetch(`http://127.0.0.1:${this.port}/ready`).catch(() => null);
      await response?.arrayBuffer();
      if (response?.status === 200) return;
    }
    throw new Failure(
      `the service does not start: ${fs.readFileSync(this.log, 'utf8').trim().split('\n').at(-1)}`,
    );
  }

  /**
   * Runs `work` while the service is stopped with SIGSTOP.
   * @template T
   * @param {() => Promise<T>} work
   */
  async frozen(work) {
    await this.freeze();
    try {
      return await work();
    } finally {
      this.thaw();
    }
  }

  /**
   * Stops the service between two of its statements, so that it uses no processor time while something else is
   * measured.
   */
  async freeze() {
    if (process.platform === 'win32') return;
    const client = await connect(this.ownerUrl, this.stop);
    try {
      for (;;) {
        this.child.kill('SIGSTOP');
        await pause(5);
        const { busy } = await one(
          client,
          `select count(*)::int as busy from pg_stat_activity
          where datname = current_database() and application_name = 'inbox-allocation' and state <> 'idle'`,
        );
        if (busy === 0) {
          this.isFrozen = true;
          return;
        }
        this.thaw();
        await pause(20);
      }
    } finally {
      await client.end();
    }
  }

  /**
   * Sends a request that must succeed, and waits any time for the response. Each has a connection of its own: the service
   * may be stopped before the next.
   * @param {string} method @param {string} path @param {string} bearer @param {unknown} [body]
   * @returns {Promise<any>}
   */
  async ask(method, path, bearer, body) {
    const response = await request(`http://127.0.0.1:${this.port}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal: this.stop,
      headersTimeout: 0,
      bodyTimeout: 0,
      reset: true,
    });
    const text = await response.body.text();
    if (response.statusCode >= 300) throw new Error(`${method} ${path}: ${response.statusCode} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }

  thaw() {
    this.isFrozen = false;
    if (process.platform !== 'win32') this.child.kill('SIGCONT');
  }

  async end() {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = new Promise((resolve) => this.child.once('exit', resolve));
      this.thaw();
      this.child.kill('SIGTERM');
      const killer = setTimeout(() => this.child.kill('SIGKILL'), this.stop.aborted ? 2_000 : 35_000);
      await ended;
      clearTimeout(killer);
    }
    fs.rmSync(path.dirname(this.log), { recursive: true, force: true });
  }
}

/**
 * Starts a service for `work` and stops it afterwards.
 * @template T
 * @param {import('./server.mjs').World} world @param {AbortSignal} stop @param {ServiceOptions} options
 * @param {(service: Service) => Promise<T>} work
 */
export async function withService(world, stop, options, work) {
  const service = await Service.start(world, stop, options);
  try {
    return await work(service);
  } finally {
    await service.end();
  }
}

/** A token as an identity provider would sign it. @param {string} tenantId @param {string} operatorId */
export function token(tenantId, operatorId) {
  const encoded = (/** @type {object} */ part) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 24 * HOUR;
  const content = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded({ tenant_id: tenantId, sub: operatorId, exp })}`;
  return `${content}.${createHmac('sha256', SECRET).update(content).digest('base64url')}`;
}
