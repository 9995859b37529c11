// @ts-check
// L calls the function allocate_conversations for one operator, with pgbench, or with pg where pgbench is missing.
import { spawnSync } from 'node:child_process';
import { check, sampleOf } from './checks.mjs';
import { startMeter } from './cpu.mjs';
import { connect, one } from './database.mjs';
import { operatorId, OPERATORS, sqlId, tenantId } from './ids.mjs';
import { findPgbench, pgbench } from './pgbench.mjs';
import { settle } from './refill.mjs';

export const CONNECTIONS = 8;
/** A transaction of the reference takes a few milliseconds; this long ago none is under way any more. */
const LONGEST_MS = 1_000;

/** @typedef {{ tool: string, options: string, program: string | null }} Reference */

/** @returns {Promise<Reference>} */
export async function findReference() {
  const program = findPgbench();
  const { sessionSettings } = await import(new URL('../dist/src/database/session.js', import.meta.url).href);
  const { readEnvironment } = await import(
    new URL('../dist/src/config/environment.js', import.meta.url).href
  );
  const { database } = readEnvironment({
    DATABASE_URL: 'postgresql://127.0.0.1/inbox',
    AUTH_MODE: 'trusted-headers',
  });
  const options = Object.entries(sessionSettings(database)).map(([name, value]) => `-c ${name}=${value}`);
  const version = program && spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout.trim();
  return {
    tool: version ?? `pg, ${CONNECTIONS} connections with a named statement (pgbench is not installed)`,
    options: options.join(' '),
    program,
  };
}

/**
 * @param {import('./context.mjs').Context} context
 * @param {import('./server.mjs').World} world
 * @param {number} ms @param {string} where
 * @returns {Promise<import('./allocate.mjs').Rate>}
 */
export async function referenceRate(context, world, ms, where) {
  const client = await connect(world.url, context.stop);
  try {
    await settle(client);
    const { since } = await one(client, 'select clock_timestamp()::text as since');
    const meter = startMeter({ postmaster: context.server.postmaster });
    const run = context.reference.program === null ? withPg : withPgbench;
    const { perSecond, operations, clientMs } = await run(context, world, ms);
    // Without pgbench, this process is the client, and the meter includes it.
    const used = meter(context.reference.program === null ? 0 : (clientMs ?? 0));
    const slice = { where, since, given: null, empties: [], longestMs: LONGEST_MS };
    await check(client, context.findings, slice, sampleOf(world));
    await settle(client);
    return {
      perSecond,
      operations,
      milliseconds: ms,
      slices: 1,
      latencyMs: null,
      microseconds: {
        client: clientMs === null ? null : (clientMs * 1000) / operations,
        service: null,
        database: used.database === null ? null : (used.database * 1000) / operations,
      },
      otherShare: used.otherShare,
    };
  } finally {
    await client.end().catch(() => {});
  }
}

/** @typedef {import('./pgbench.mjs').Ran} Ran */

/**
 * @param {import('./context.mjs').Context} context
 * @param {import('./server.mjs').World} world @param {number} ms
 * @returns {Promise<Ran>}
 */
function withPgbench({ reference, stop }, world, ms) {
  const { program, options } = reference;
  if (program === null) throw new Error('pgbench is not installed');
  const script =
    `\\set t random(1, ${world.tenants})\n\\set o random(1, ${OPERATORS})\n` +
    `select * from allocate_conversations(${sqlId.tenant(':t')}, array[${sqlId.operator(':t', ':o')}], array[gen_random_uuid()], true);\n`;
  return pgbench({ program, url: world.url, script, options, connections: CONNECTIONS, ms, stop });
}

/**
 * @param {import('./context.mjs').Context} context
 * @param {import('./server.mjs').World} world @param {number} ms
 * @returns {Promise<Ran>}
 */
async function withPg({ reference, stop }, world, ms) {
  const clients = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => connect(world.url, stop, { options: reference.options })),
  );
  const text = 'select * from allocate_conversations($1, array[$2::uuid], array[gen_random_uuid()], true)';
  const random = (/** @type {number} */ upTo) => 1 + Math.floor(Math.random() * upTo);
  const call = (/** @type {import('pg').Client} */ client) => {
    const tenant = random(world.tenants);
    const values = [tenantId(tenant), operatorId(tenant, random(OPERATORS))];
    return client.query({ name: 'allocate', text, values });
  };
  let operations = 0;
  // As with pgbench, the time to make plans does not count.
  await Promise.all(clients.map(call));
  const before = process.cpuUsage();
  const started = performance.now();
  try {
    await Promise.all(
      clients.map(async (client) => {
        for (; performance.now() - started < ms; operations++) await call(client);
      }),
    );
    const { user, system } = process.cpuUsage(before);
    const seconds = (performance.now() - started) / 1000;
    return { perSecond: operations / seconds, operations, clientMs: (user + system) / 1000 };
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => {})));
  }
}
