// @ts-check
// P16: compares the database time of four instances over one PostgreSQL with that of one.
import { crew } from '../allocate.mjs';
import { allocationsInTurn } from '../checks-in-turn.mjs';
import { startMeter } from '../cpu.mjs';
import { connect, one } from '../database.mjs';
import { interleaved } from '../pairs.mjs';
import { ratioRow } from '../rows.mjs';
import { Service } from '../service.mjs';

const CALLERS = 64;
const INSTANCES = 4;

/** @param {import('../context.mjs').Context} context @returns {Promise<import('../context.mjs').Row[]>} */
export async function p16(context) {
  const { plan, server, stop, findings } = context;
  const world = await server.world(plan.depths.middle, 20, 'instances');
  /** @type {Service[]} */
  const services = [];
  const client = await connect(world.url, stop);
  try {
    const { since } = await one(client, 'select clock_timestamp()::text as since');
    for (let i = 0; i < INSTANCES; i++) services.push(await Service.start(world, stop));
    const [first, ...others] = services;
    if (first === undefined) throw new Error('no instance');
    const all = () => resolving(context, world, services, plan.runMs);
    const alone = async () => {
      for (const other of others) await other.freeze();
      try {
        return await resolving(context, world, [first], plan.runMs);
      } finally {
        for (const other of others) other.thaw();
      }
    };
    context.show('P16: warming up');
    await resolving(context, world, services, plan.warmUpMs);
    const found = await interleaved(context, 'P16', all, alone, { of: ({ microseconds }) => microseconds });
    await allocationsInTurn(client, findings, since, 'P16');
    const each = (/** @type {{ median: number }} */ { median }) =>
      `${Math.round(median).toLocaleString('en')} µs`;
    return [
      ratioRow(
        {
          id: 'P16',
          what: `Database time of allocate + resolve, ${CALLERS} callers, ${INSTANCES} instances, of one`,
          measured: `${each(found.measured)}; one instance ${each(found.reference)}`,
          bar: { atMost: 1.1 },
          details: { callers: CALLERS, depth: world.depth, ...found },
        },
        'times',
      ),
    ];
  } finally {
    await client.end().catch(() => {});
    for (const service of services) await service.end();
  }
}

/**
 * @param {import('../context.mjs').Context} context @param {import('../server.mjs').World} world
 * @param {readonly Service[]} services @param {number} milliseconds
 */
async function resolving({ load, server, findings }, world, services, milliseconds) {
  const team = crew(world, CALLERS);
  const meter = startMeter({ postmaster: server.postmaster });
  const done = await load.run({
    port: services.map(({ port }) => port),
    requests: team.requests,
    followUps: team.resolutions,
    milliseconds,
  });
  const { database, otherShare } = meter(done.cpuMilliseconds);
  const count = done.responses.length;
  const wrong = done.responses.filter(({ status }) => status !== 200).length;
  findings.violation(wrong, 'a response other than 200', 'P16');
  return {
    microseconds: database === null ? NaN : (database * 1000) / count,
    perSecond: (count / done.milliseconds) * 1000,
    otherShare,
  };
}
