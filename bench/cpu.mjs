// @ts-check
// Processor time from /proc: of the service, of the database, and of other work on the machine.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';

const IS_MEASURED = fs.existsSync('/proc/self/stat');
const TICK_MS = IS_MEASURED ? 1000 / Number(spawnSync('getconf', ['CLK_TCK']).stdout || 100) : NaN;

/**
 * @typedef {object} Used milliseconds of processor time; null without /proc
 * @property {number | null} service
 * @property {number | null} database
 * @property {number | null} otherShare of all processors, from 0 to 1: work that is not ours
 */

/**
 * @param {number} pid
 * @returns {{ parent: number, name: string, own: number, children: number } | null} in milliseconds
 */
function statOf(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const end = stat.lastIndexOf(')');
    const fields = stat.slice(end + 2).split(' ');
    const ticks = (/** @type {number} */ at) => Number(fields[at]) * TICK_MS;
    return {
      parent: Number(fields[1]),
      name: stat.slice(stat.indexOf('(') + 1, end),
      own: ticks(11) + ticks(12),
      children: ticks(13) + ticks(14),
    };
  } catch {
    return null;
  }
}

/**
 * Time of the postmaster and its backends. The postmaster's own figure includes backends that have ended.
 * @param {number} postmaster
 */
function serverTime(postmaster) {
  const root = statOf(postmaster);
  if (root === null) return null;
  let sum = root.own + root.children;
  for (const entry of fs.readdirSync('/proc')) {
    const stat = /^\d+$/.test(entry) ? statOf(Number(entry)) : null;
    if (stat?.parent === postmaster) sum += stat.own;
  }
  return sum;
}

/** @returns {{ busy: number, all: number }} milliseconds of all processors since the machine started */
function machineTime() {
  const line = fs.readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '';
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map((ticks) => Number(ticks) * TICK_MS);
  const busy = user + nice + system + irq + softirq + steal;
  return { busy, all: busy + idle + wait };
}

/**
 * The postmaster behind a connection, if it runs on this machine.
 * @param {number} backend its process id
 */
export function postmasterBehind(backend) {
  if (!IS_MEASURED) return null;
  const stat = statOf(backend);
  if (stat === null || !stat.name.startsWith('postgres')) return null;
  return stat.parent;
}

/**
 * @param {{ services?: readonly number[], postmaster: number | null }} pids
 * @returns {(clientMs: number) => Used} the parameter is the clients' time
 */
export function startMeter({ services = [], postmaster }) {
  if (!IS_MEASURED) return () => ({ service: null, database: null, otherShare: null });
  const read = () => ({
    service: services.reduce((sum, pid) => sum + (statOf(pid)?.own ?? NaN), 0),
    database: postmaster === null ? null : serverTime(postmaster),
    self: process.cpuUsage(),
    machine: machineTime(),
  });
  const before = read();
  return (clientMs) => {
    const after = read();
    const own = process.cpuUsage(before.self);
    const used = after.service - before.service;
    const database =
      before.database === null || after.database === null ? null : after.database - before.database;
    const ours = used + (database ?? 0) + clientMs + (own.user + own.system) / 1000;
    const all = after.machine.all - before.machine.all;
    const others = Math.max(0, after.machine.busy - before.machine.busy - ours);
    return { service: used, database, otherShare: database === null ? null : others / all };
  };
}

/** Resident memory in megabytes. @param {number} pid */
export function residentMegabytes(pid) {
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  } catch {
    return null;
  }
}

/** The machine of the measurement. */
export function machine() {
  const [first] = os.cpus();
  return {
    processors: os.cpus().length,
    model: first?.model.trim() ?? 'unknown',
    memoryGigabytes: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()}`,
    node: process.versions.node,
    processorTime: IS_MEASURED ? 'from /proc' : 'not measured',
  };
}
