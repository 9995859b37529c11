// @ts-check
// P5: whether every pick is the best one, nothing is given twice and nobody is told that nothing waits while something
// does. One at a time, where each pick can be compared with the whole queue; under load, where those that others took
// at the same moment do not count; and down to the last one.
import { check } from '../checks.mjs';
import { crew, sliceOf } from '../allocate.mjs';
import { connect, one } from '../database.mjs';
import { refill, settle } from '../refill.mjs';
import { withService } from '../service.mjs';

const ALL = { operators: 2_000, picks: 1_000 };

/** @param {import('../context.mjs').Context} context @returns {Promise<import('../context.mjs').Row[]>} */
export async function p5(context) {
  const { plan, server, stop, findings } = context;
  const world = await server.world(plan.depths.middle, 20);
  const hot = await server.world(plan.depths.small, 1);
  await withService(world, stop, {}, async (service) => {
    const one = { operations: plan.picks, callers: 1, where: 'P5, one at a time' };
    await allocateAndCheck(context, world, service, one);
    const many = { operations: plan.picks * 10, callers: 64, where: 'P5, under load' };
    await allocateAndCheck(context, world, service, many);
  });
  await withService(hot, stop, {}, async (service) => {
    const some = { operations: plan.picks, callers: 1, where: 'P5, one tenant, one at a time' };
    await allocateAndCheck(context, hot, service, some);
    const drain = { operations: hot.depth + 640, callers: 64, where: 'P5, to the last one' };
    const left = await allocateAndCheck(context, hot, service, drain);
    findings.violation(left, 'a conversation nobody was given, though everybody asked', drain.where);
  });
  return [exactness(findings)];
}

/**
 * What all runs have found so far: the other scenarios add to it.
 * @param {import('../checks.mjs').Findings} findings @returns {import('../context.mjs').Row}
 */
export function exactness({ compared, inexact, duplicates, falseEmpties, allocations }) {
  const words = [
    `${compared.toLocaleString('en')} picks compared with brute force`,
    `${duplicates} duplicates and ${falseEmpties} false empties in ${allocations.toLocaleString('en')} allocations`,
  ];
  return {
    id: 'P5',
    what: 'Exact picks; duplicates and false empties',
    measured: words.join('; '),
    value: compared === 0 ? null : (compared - inexact) / compared,
    min: null,
    max: null,
    unit: 'exact',
    bar: { atLeast: 1 },
    details: { compared, inexact, duplicates, falseEmpties, allocations },
  };
}

/**
 * @param {import('../context.mjs').Context} context
 * @param {import('../server.mjs').World} world
 * @param {import('../service.mjs').Service} service
 * @param {{ operations: number, callers: number, where: string }} options
 * @returns {Promise<number>} how many still wait
 */
async function allocateAndCheck(
  { load, findings, stop, show },
  world,
  service,
  { operations, callers, where },
) {
  show(where);
  const client = await connect(world.url, stop);
  try {
    await settle(client);
    const { since } = await one(client, 'select clock_timestamp()::text as since');
    const team = crew(world, callers);
    const done = await load.run({
      port: service.port,
      requests: team.requests,
      operations,
      keepBodies: true,
    });
    const slice = sliceOf(done, team, since, where, findings);
    // One after the other no two transactions ever run at once: then all that waited counts.
    if (callers === 1) slice.longestMs = 0;
    show(`${where}: comparing`);
    await check(client, findings, slice, ALL);
    const { left } = await one(
      client,
      `select count(*)::int as left from conversations where state = 'QUEUED'`,
    );
    await refill(client);
    return left;
  } finally {
    await client.end().catch(() => {});
  }
}
