// @ts-check
// P12: compares a batch of 1,000 messages into a push inbox of 600 operators with one into an inbox of 20.
import { connect, one } from '../database.mjs';
import { inboxId, tenantId } from '../ids.mjs';
import { interleaved } from '../pairs.mjs';
import { ratioRow } from '../rows.mjs';
import { withService } from '../service.mjs';
import { addTeam, keyOf, messagesOf } from '../teams.mjs';
import { pause } from '../../scripts/processes.mjs';

const MESSAGES = 1_000;
const LARGE = { tenant: 101, operators: 600 };
const SMALL = { tenant: 102, operators: 20 };
const PATIENCE_MS = 60_000;

/** @param {import('../context.mjs').Context} context @returns {Promise<import('../context.mjs').Row[]>} */
export async function p12(context) {
  const { plan, server, stop } = context;
  const world = await server.world(plan.depths.small, 1, 'push');
  const client = await connect(world.url, stop);
  try {
    for (const size of [LARGE, SMALL])
      await addTeam(client, { ...size, inboxes: 1, subscriptions: 1, distribution: `'LEAST_LOADED'` });
    return await withService(world, stop, {}, async (service) => {
      const large = await batches(context, service, client, LARGE);
      const small = await batches(context, service, client, SMALL);
      // The first of each makes plans.
      await large();
      await small();
      const found = await interleaved(context, 'P12', large, small, {
        of: ({ milliseconds }) => milliseconds,
      });
      const ms = (/** @type {{ median: number }} */ { median }) =>
        `${Math.round(median).toLocaleString('en')} ms`;
      return [
        ratioRow(
          {
            id: 'P12',
            what: `A batch of 1,000 messages into a push inbox of ${LARGE.operators} operators until all are given, of one of ${SMALL.operators}`,
            measured: `${ms(found.measured)}; ${SMALL.operators} operators ${ms(found.reference)}`,
            bar: { atMost: 3 },
            details: found,
          },
          'times',
        ),
      ];
    });
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * @param {import('../context.mjs').Context} context @param {import('../service.mjs').Service} service
 * @param {import('pg').Client} client @param {{ tenant: number }} team
 * @returns {Promise<() => Promise<{ milliseconds: number, responseMs: number }>>} sends a batch, and waits until nothing
 * of it waits
 */
async function batches({ findings, stop, profiler }, service, client, { tenant }) {
  const key = await keyOf(service, tenant);
  let batch = 0;
  const sent = async () => {
    const messages = messagesOf(`batch ${++batch}`, MESSAGES, [inboxId(tenant, 1)]);
    const started = performance.now();
    const { results } = await service.ask('POST', '/orchestrator/messages/batch', key, { messages });
    const responseMs = performance.now() - started;
    const refused = results.filter((/** @type {{ status: number }} */ { status }) => status !== 201).length;
    findings.violation(refused, 'a message was not stored with 201', 'P12');
    for (;;) {
      stop.throwIfAborted();
      const { waiting } = await one(
        client,
        `select count(*)::int as waiting from conversations where tenant_id = $1 and state = 'QUEUED'`,
        [tenantId(tenant)],
      );
      const milliseconds = performance.now() - started;
      if (waiting === 0) return { milliseconds, responseMs };
      if (milliseconds > PATIENCE_MS) throw new Error(`${waiting} still wait after a minute`);
      await pause(5);
    }
  };
  return () => profiler.window(sent);
}
