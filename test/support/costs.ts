import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Scrape } from './scrape.js';
import type { ServiceProcess } from './service-process.js';

const MB = 1024 * 1024;

/** For a service whose memory is measured. */
export const MEASURED = {
  // The quotes are for a path with a blank.
  NODE_OPTIONS: `--expose-gc "--require=${join(__dirname, 'collect-garbage.cjs')}"`,
};

/** What the process has of the system, in MB: also what it has freed, but may need again. */
export async function residentMbOf(service: ServiceProcess): Promise<number> {
  return (await collected(service)).value('process_resident_memory_bytes')! / MB;
}

/** What the process keeps, in MB. */
export async function keptMbOf(service: ServiceProcess): Promise<number> {
  const scrape = await collected(service);
  const names = ['nodejs_heap_size_used_bytes', 'nodejs_external_memory_bytes'];
  return names.reduce((sum, name) => sum + scrape.value(name)!, 0) / MB;
}

async function collected(service: ServiceProcess): Promise<Scrape> {
  service.process.kill('SIGWINCH');
  // The signal is handled before a request that comes later.
  await Scrape.of(service);
  return Scrape.of(service);
}

async function cpuMs(service: ServiceProcess): Promise<number> {
  return (await Scrape.of(service)).value('process_cpu_seconds_total')! * 1_000;
}

/** The processor time of one of `times` runs, one after the other, in the process of the service. */
export async function cpuMsOf(service: ServiceProcess, times: number, work: () => Promise<unknown>) {
  const measure = async (run: () => Promise<unknown>) => {
    const before = await cpuMs(service);
    for (let i = 0; i < times; i++) await run();
    return (await cpuMs(service)) - before;
  };
  const ofScrape = await measure(() => Promise.resolve());
  return ((await measure(work)) - ofScrape) / times;
}

/**
 * What is measured, again if it is not below `enough`, up to three times. Other programs make a processor slower for a
 * while; what costs does so each time.
 */
export async function leastOf(enough: number, measure: () => Promise<number>): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 3 && least >= enough; i++) least = Math.min(least, await measure());
  return least;
}

export interface Bystander {
  url: string;
  headers: Record<string, string>;
}

/** Reads in a thread of its own, so that it measures the service and not the attacker. */
const READER = `
const { parentPort, workerData } = require('node:worker_threads');
let isOver = false;
parentPort.once('message', () => (isOver = true));
const readAll = async () => {
  let slowest = 0;
  for (const { url, headers } of workerData) {
    const start = performance.now();
    const response = await fetch(url, { headers });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error('status ' + response.status);
    slowest = Math.max(slowest, performance.now() - start);
  }
  return slowest;
};
const run = async () => {
  // The first time, it loads what fetch needs.
  await readAll();
  parentPort.postMessage('ready');
  let slowest = 0;
  do slowest = Math.max(slowest, await readAll());
  while (!isOver);
  parentPort.postMessage(slowest);
};
run();
`;

/**
 * The slowest response to the bystanders, in milliseconds, while `work` runs. Other programs can delay a response too, so
 * one that is too slow is measured again; an attack that costs delays it each time.
 */
export async function slowestMeanwhile(
  bystanders: readonly Bystander[],
  work: () => Promise<unknown>,
  most = 500,
): Promise<number> {
  let slowest = Infinity;
  for (let i = 0; i < 3 && slowest >= most; i++) slowest = await slowestOnce(bystanders, work);
  return slowest;
}

async function slowestOnce(bystanders: readonly Bystander[], work: () => Promise<unknown>): Promise<number> {
  const reader = new Worker(READER, { eval: true, workerData: bystanders });
  await once(reader, 'message');
  await work();
  reader.postMessage('over');
  const [slowest] = (await once(reader, 'message')) as [number];
  await reader.terminate();
  return slowest;
}
