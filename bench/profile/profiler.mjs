// @ts-check
// Looks where the time goes while a scenario measures: which statements, which functions of the service, and whose
// processor time.
import { startMeter } from '../cpu.mjs';
import { connect, withClient, withDatabase } from '../database.mjs';
import { Failure } from '../../scripts/processes.mjs';
import { spentIn } from './functions.mjs';
import { countedSoFar, ranBetween, summed } from './statements.mjs';

/**
 * @typedef {object} Profile of one part of a scenario
 * @property {string} name
 * @property {{ database: number | null, service: number | null, callers: number }} milliseconds of processor time
 * @property {import('./statements.mjs').Statement[]} statements the largest first
 * @property {import('./functions.mjs').Spent[]} functions the largest first
 */
/**
 * @typedef {object} Watched a service that the bench started
 * @property {number} pid
 * @property {boolean} isFrozen
 * @property {import('node:child_process').ChildProcess} child
 */
/** @typedef {Profile & { scenario: string, profiles: import('./functions.mjs').CpuProfile[] }} Part */

const AGENT = ['--import', new URL('agent.mjs', import.meta.url).href];
const WITH_WARM_UP = ', with its warm-up';

/** Without --profile nothing is looked at, and services start as always. */
export class NoProfiler {
  /** @type {readonly string[]} arguments of Node for a service */
  agent = [];
  /** @type {Pick<Set<Watched>, 'add' | 'delete'>} */
  services = new Set();

  /** @template T @param {string} _name @param {() => Promise<T>} work */
  scenario(_name, work) {
    return work();
  }

  /** @template T @param {string} _name @param {() => Promise<T>} work */
  part(_name, work) {
    return work();
  }

  /** @template T @param {() => Promise<T>} work */
  window(work) {
    return work();
  }

  /** @returns {Profile[]} */
  found() {
    return [];
  }

  async end() {}
}

/** @typedef {NoProfiler | Profiler} AnyProfiler */

export class Profiler {
  /**
   * @param {import('pg').Client} client as a superuser, on a database where nothing else happens
   * @param {{ prefix: string, postmaster: number | null }} server
   */
  constructor(client, { prefix, postmaster }) {
    this.client = client;
    this.prefix = prefix;
    this.postmaster = postmaster;
    /** @type {Set<Watched>} */
    this.services = new Set();
    this.agent = AGENT;
    /** @type {Map<string, Part>} */
    this.parts = new Map();
    this.running = '';
    /** @type {string | null} */
    this.current = null;
  }

  /**
   * Makes a database of its own, which goes with those of the run.
   * @param {{ url: string, prefix: string, stop: AbortSignal, postmaster: number | null }} server
   */
  static async start(server) {
    const { url, prefix, stop } = server;
    const name = `${prefix}profile`;
    await withClient(url, stop, (client) => client.query(`create database ${name}`));
    const client = await connect(withDatabase(url, name), stop);
    try {
      await client.query('create extension pg_stat_statements');
      await client.query('select 1 from pg_stat_statements limit 1');
    } catch (error) {
      await client.end().catch(() => {});
      throw new Failure(`--profile needs pg_stat_statements: ${/** @type {Error} */ (error).message}`, 2);
    }
    return new Profiler(client, server);
  }

  /**
   * A scenario without parts is profiled with its warm-up.
   * @template T
   * @param {string} name @param {() => Promise<T>} work
   */
  async scenario(name, work) {
    this.running = name;
    return work();
  }

  /**
   * All windows inside of `work` count for the part.
   * @template T
   * @param {string} name @param {() => Promise<T>} work
   */
  async part(name, work) {
    this.current = name;
    try {
      return await work();
    } finally {
      this.current = null;
    }
  }

  /**
   * Counts what happens during `work`.
   * @template T
   * @param {() => Promise<T>} work @param {(result: T) => number} [callersMs] processor time of the callers; without it they
   * are this process
   * @returns {Promise<T>}
   */
  async window(work, callersMs) {
    const part = this.partOf();
    const running = [...this.services].filter(({ isFrozen }) => !isFrozen);
    const before = await countedSoFar(this.client, this.prefix);
    await Promise.all(running.map((service) => asked(service, 'start the profile')));
    const own = process.cpuUsage();
    const meter = startMeter({ services: running.map(({ pid }) => pid), postmaster: this.postmaster });
    const result = await work();
    const used = meter(0);
    const { user, system } = process.cpuUsage(own);
    const profiles = await Promise.all(running.map((service) => asked(service, 'end the profile')));
    const after = await countedSoFar(this.client, this.prefix);
    part.milliseconds.database = plus(part.milliseconds.database, used.database);
    part.milliseconds.service = plus(part.milliseconds.service, used.service);
    part.milliseconds.callers += callersMs === undefined ? (user + system) / 1000 : callersMs(result);
    part.statements.push(...ranBetween(before, after));
    part.profiles.push(...profiles);
    return result;
  }

  /** @returns {Part} */
  partOf() {
    const name = this.current ?? `${this.running}${WITH_WARM_UP}`;
    const known = this.parts.get(name);
    if (known !== undefined) return known;
    const milliseconds = { database: 0, service: 0, callers: 0 };
    /** @type {Part} */
    const part = { scenario: this.running, name, milliseconds, statements: [], functions: [], profiles: [] };
    this.parts.set(name, part);
    return part;
  }

  /** @returns {Profile[]} */
  found() {
    const parts = [...this.parts.values()];
    const hasParts = new Set(
      parts.filter(({ name }) => !name.endsWith(WITH_WARM_UP)).map((part) => part.scenario),
    );
    const kept = parts.filter(
      ({ scenario, name }) => !(name.endsWith(WITH_WARM_UP) && hasParts.has(scenario)),
    );
    return kept.map(({ name, milliseconds, statements, profiles }) => ({
      name,
      milliseconds,
      statements: summed(statements),
      functions: spentIn(profiles),
    }));
  }

  async end() {
    await this.client.end().catch(() => {});
  }
}

/** @param {number | null} sum @param {number | null} more */
function plus(sum, more) {
  return sum === null || more === null ? null : sum + more;
}

/**
 * @param {Watched} service @param {string} what
 * @returns {Promise<import('./functions.mjs').CpuProfile>} empty for the response to a start
 */
function asked({ child }, what) {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error('the service ended while it was profiled'));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      resolve(/** @type {any} */ (message).profile ?? { nodes: [] });
    });
    child.send(what, (error) => {
      if (error !== null) reject(error);
    });
  });
}
