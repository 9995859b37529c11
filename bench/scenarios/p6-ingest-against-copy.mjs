// @ts-check
// P6: compares batches of 1,000 new conversations with COPY of the rows that they made.
import { copyIn, copyOut } from '../copy.mjs';
import { startMeter } from '../cpu.mjs';
import { connect, one } from '../database.mjs';
import { adminId, inboxId, INBOXES, tenantId } from '../ids.mjs';
import { request } from '../load.mjs';
import { interleaved } from '../pairs.mjs';
import { perSecond, ratioRow, rowRate } from '../rows.mjs';
import { token, withService } from '../service.mjs';

const MESSAGES = 1_000;
/** An orchestrator with many messages sends the next batch while the service stores the one before. */
const IN_FLIGHT = 4;
const TENANT = 1;

/** @param {import('../context.mjs').Context} context @returns {Promise<import('../context.mjs').Row[]>} */
export async function p6(context) {
  const { plan, server, stop } = context;
  const world = await server.world(plan.depths.middle, 20, 'ingest');
  const client = await connect(world.url, stop);
  try {
    return await withService(world, stop, {}, async (service) => {
      const admin = token(tenantId(TENANT), adminId(TENANT));
      const { key } = await service.ask('POST', '/api-keys', admin, { name: 'bench' });
      await ingest(context, service, key, client, 'warm-up', IN_FLIGHT);
      let run = 0;
      /** @type {Buffer} */
      let rows = Buffer.alloc(0);
      const found = await interleaved(
        context,
        'P6',
        async () => {
          const name = `run-${++run}`;
          const ran = await ingest(context, service, key, client, name, plan.batches);
          rows = await copyOut(client, `(select * from conversations where ${made(name)})`);
          await client.query(`delete from conversations where ${made(name)}`);
          await client.query('vacuum conversations');
          return ran;
        },
        async () => {
          const meter = startMeter({ postmaster: server.postmaster });
          const started = performance.now();
          await copyIn(client, 'conversations', rows);
          const milliseconds = performance.now() - started;
          return rowRate(plan.batches * MESSAGES, milliseconds, meter(0));
        },
        { of: ({ perSecond }) => perSecond, always: 'measured first' },
      );
      return [
        ratioRow({
          id: 'P6',
          what: `Ingest in batches of 1,000 new conversations, ${IN_FLIGHT} in flight, of COPY`,
          measured: `${perSecond(found.measured, ' rows')}; COPY ${perSecond(found.reference, ' rows')}`,
          bar: { atLeast: 0.4 },
          details: { inFlight: IN_FLIGHT, depth: world.depth, ...found },
        }),
      ];
    });
  } finally {
    await client.end().catch(() => {});
  }
}

/** The conversations of a run. @param {string} name */
const made = (name) =>
  `tenant_id = '${tenantId(TENANT)}' and external_conversation_id like 'ingest ${name} %'`;

/**
 * @param {import('../context.mjs').Context} context
 * @param {import('../service.mjs').Service} service @param {string} key @param {import('pg').Client} client
 * @param {string} name @param {number} batches
 */
async function ingest({ load, server, findings }, service, key, client, name, batches) {
  const requests = Array.from({ length: IN_FLIGHT }, (_, caller) =>
    Array.from({ length: batches }, (_, batch) => batch)
      .filter((batch) => batch % IN_FLIGHT === caller)
      .map((batch) =>
        request('POST', '/orchestrator/messages/batch', key, { messages: messages(name, batch) }),
      ),
  );
  const meter = startMeter({ services: [service.pid], postmaster: server.postmaster });
  const done = await load.run({ port: service.port, requests, inOrder: true, keepBodies: true });
  const used = meter(done.cpuMilliseconds);
  let created = 0;
  for (const { status, body } of done.responses) {
    if (status !== 200) throw new Error(`a batch got ${status} ${body.slice(0, 300)}`);
    for (const result of JSON.parse(body).results) if (result.status === 201) created++;
  }
  const stored = await one(
    client,
    `select count(*)::int as conversations,
      count(*) filter (where exists (select from conversation_events e
        where e.tenant_id = c.tenant_id and e.conversation_id = c.id and e.version = 1))::int as told
    from conversations c where ${made(name)}`,
  );
  const expected = batches * MESSAGES;
  const where = `P6, ${name}`;
  findings.violation(Math.abs(expected - created), 'a message was not stored with 201', where);
  findings.violation(Math.abs(expected - stored.conversations), 'a conversation was not stored', where);
  findings.violation(Math.abs(expected - stored.told), 'a conversation is not in the ledger', where);
  return rowRate(expected, done.milliseconds, used);
}

/** @param {string} name @param {number} batch */
function messages(name, batch) {
  return Array.from({ length: MESSAGES }, (_, i) => ({
    externalConversationId: `ingest ${name} ${batch * MESSAGES + i}`,
    inboxId: inboxId(TENANT, 1 + (i % INBOXES)),
    customerPhoneNumber: `+49160${10_000_000 + batch * MESSAGES + i}`,
    displayName: `Customer ${i}`,
    messageId: `message ${name} ${batch * MESSAGES + i}`,
    occurredAt: new Date(Date.now() - i * 1000).toISOString(),
  }));
}
