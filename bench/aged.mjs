// @ts-check
// Two databases with the same queue: one in which the conversations of a year were resolved, and one that is a day old.
import { withClient } from './database.mjs';
import { live } from './live.mjs';
import { addPast } from './past.mjs';
import { say } from './progress.mjs';
import { settle } from './refill.mjs';
import { withService } from './service.mjs';
import { run } from '../scripts/processes.mjs';

/** Slices of a day, besides the one that the service lived. */
const DAY = 2;

/** @typedef {{ tenants: number, variables: Record<string, string> }} How variables of the service that lives */

/**
 * @param {import('./context.mjs').Context} context @param {How} how
 * @returns {Promise<{ old: import('./server.mjs').World, young: import('./server.mjs').World }>}
 */
export async function agedWorlds(context, how) {
  const { plan, server } = context;
  const young = await server.world(plan.depths.small, how.tenants, 'day');
  await liveOnce(context, young, how);
  const old = await server.copyOf(young, 'year');
  await age(context, young, DAY);
  await verify(context, young);
  await age(context, old, plan.year.slices - 1);
  return { old, young };
}

/** @param {import('./context.mjs').Context} context @param {import('./server.mjs').World} world @param {How} how */
async function liveOnce(context, world, { tenants, variables }) {
  await withClient(world.url, context.stop, async (client) => {
    await client.query('truncate folded_up_to, queue_depths');
    await withService(world, context.stop, { variables }, (service) =>
      live(context, service, client, {
        count: context.plan.year.conversations,
        tenants,
        where: 'P18',
      }),
    );
    await settle(client);
  });
}

/** @param {import('./context.mjs').Context} context @param {import('./server.mjs').World} world @param {number} copies */
async function age({ plan, stop, show }, world, copies) {
  const count = ((copies + 1) * plan.year.conversations).toLocaleString('en');
  const started = performance.now();
  await withClient(world.url, stop, (client) =>
    addPast(client, copies, (share) =>
      show(`P18: resolving ${count} conversations: ${Math.round(share * 100)} %`),
    ),
  );
  say(`P18: ${count} resolved conversations after ${Math.round((performance.now() - started) / 1000)} s`);
}

/**
 * That the past is one that the service could have left. Of the small database only: the large one is made in the same
 * way, and reading it takes minutes.
 * @param {import('./context.mjs').Context} context @param {import('./server.mjs').World} world
 */
async function verify({ stop, findings }, world) {
  const env = { PATH: process.env.PATH, DATABASE_ADMIN_URL: world.url, DATABASE_URL: world.serviceUrl };
  const { code } = await run(process.execPath, ['dist/src/verification/verify.js'], { stop, env });
  findings.violation(code === 0 ? 0 : 1, 'verify finds a breach in the past', 'P18');
}
