// @ts-check
// Measures the service's memory, whether it grows with the number of requests, and the time to start.
import { pause } from '../../scripts/processes.mjs';
import { crew } from '../allocate.mjs';
import { allocationsInTurn } from '../checks-in-turn.mjs';
import { residentMegabytes } from '../cpu.mjs';
import { connect, one } from '../database.mjs';
import { settle } from '../refill.mjs';
import { Service, withService } from '../service.mjs';
import { summary } from '../statistics.mjs';

const CALLERS = 16;
const SAMPLES = 5;
const COLLECTING = { NODE_OPTIONS: '--expose-gc --require ./bench/collect-garbage.cjs' };

/** @param {import('../context.mjs').Context} context @returns {Promise<import('../context.mjs').Row[]>} */
export async function memoryAndBoot(context) {
  const { plan, server, stop, load, findings, show } = context;
  const world = await server.world(plan.depths.middle, 20);
  const boots = [];
  for (let i = 0; i < plan.boots; i++) {
    show(`MEMORY: start ${i + 1} of ${plan.boots}`);
    const service = await Service.start(world, stop);
    boots.push(service.readyMs);
    await service.end();
  }
  const client = await connect(world.url, stop);
  try {
    await settle(client);
    const { since } = await one(client, 'select clock_timestamp()::text as since');
    const memory = await withService(world, stop, { variables: COLLECTING }, async (service) => {
      const team = crew(world, CALLERS);
      const idle = await resident(service);
      /** @type {number[]} */
      const peaks = [];
      const serve = async () => {
        // Each pair is two requests.
        const operations = plan.memoryRequests / 2;
        const job = load.run({
          port: service.port,
          requests: team.requests,
          followUps: team.deallocations,
          operations,
        });
        let running = true;
        const watched = (async () => {
          for (; running; await pause(100)) peaks.push(residentMegabytes(service.pid) ?? NaN);
        })();
        const done = await job.finally(() => (running = false));
        await watched;
        const wrong = done.responses.filter(({ status }) => status !== 200).length;
        findings.violation(wrong, 'a response other than 200', 'MEMORY');
      };
      show('MEMORY: warming up');
      await serve();
      const before = await resident(service);
      show(`MEMORY: ${plan.memoryRequests.toLocaleString('en')} requests`);
      await serve();
      const after = await resident(service);
      return { idle, before, after, peak: Math.max(...peaks) };
    });
    await allocationsInTurn(client, findings, since, 'MEMORY');
    return rowsOf(plan.memoryRequests, memory, summary(boots));
  } finally {
    await client.end().catch(() => {});
  }
}

/** Samples memory for a few seconds, without requests and after a garbage collection. @param {Service} service */
async function resident(service) {
  service.child.send('collect');
  const samples = [];
  for (let i = 0; i < SAMPLES; i++) {
    await pause(400);
    samples.push(residentMegabytes(service.pid) ?? NaN);
  }
  return summary(samples);
}

/** @typedef {import('../statistics.mjs').Summary} Summary */
/**
 * @param {number} requests
 * @param {{ idle: Summary, before: Summary, after: Summary, peak: number }} memory @param {Summary} boots
 * @returns {import('../context.mjs').Row[]}
 */
function rowsOf(requests, memory, boots) {
  const { idle, before, after, peak } = memory;
  const isMeasured = !Number.isNaN(idle.median);
  const megabytes = (/** @type {number} */ value) => `${Math.round(value)} MB`;
  const told = `idle ${megabytes(idle.median)}, under load up to ${megabytes(peak)}; ${megabytes(before.median)}, then ${megabytes(after.median)}`;
  return [
    {
      id: 'MEMORY',
      what: `Resident memory after ${requests.toLocaleString('en')} more requests, of before`,
      measured: isMeasured ? told : 'not measured',
      value: isMeasured ? after.median / before.median : null,
      min: null,
      max: null,
      unit: 'times',
      bar: { atMost: 1.1 },
      details: memory,
    },
    {
      id: 'BOOT',
      what: 'From the start of the process to ready, in ms',
      measured: `${boots.samples.length} starts`,
      value: boots.median,
      min: boots.min,
      max: boots.max,
      unit: 'plain',
      bar: {},
      details: boots,
    },
  ];
}
