// @ts-check
// P5: every pick is the best one, no conversation is allocated twice, and no response says falsely that nothing waits.
// One request at a time, each pick is compared with the whole queue. Under load, conversations that others took at the
// same moment do not count. A third run empties the queue.
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
    const drain = { operations: hot.depth + 640, callers: 64, where: 'P5, until the queue is empty' };
    const left = await allocateAndCheck(context, hot, service, drain);
    findings.violation(left, 'a conversation nobody was given, though everybody asked', drain.where);
  });
  return [exactness(findings)];
}

/**
 * The findings so far. Later scenarios add to them.
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
    // With one caller, no two transactions run at once. Then every waiting conversation counts.
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
