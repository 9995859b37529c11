// @ts-check
// P11: from a message that is reported to the event on the stream of the operator who is given it, over two instances.
import { request } from 'undici';
import { pause } from '../../scripts/processes.mjs';
import { connect } from '../database.mjs';
import { inboxId, tenantId } from '../ids.mjs';
import { Service, token } from '../service.mjs';
import { quantile } from '../statistics.mjs';
import { followStream } from '../streams.mjs';
import { addTeam, keyOf, memberId, messagesOf } from '../teams.mjs';

const TEAM = { tenant: 101, operators: 20, inboxes: 1, subscriptions: 1, distribution: `'LEAST_LOADED'` };
const PER_SECOND = 200;
const PATIENCE_MS = 30_000;

/** @param {import('../context.mjs').Context} context @returns {Promise<import('../context.mjs').Row[]>} */
export async function p11(context) {
  const { plan, server, stop, show } = context;
  const world = await server.world(plan.depths.small, 1, 'stream');
  const client = await connect(world.url, stop);
  await addTeam(client, TEAM);
  await client.end();
  const ending = new AbortController();
  /** @type {Service[]} */
  const services = [];
  try {
    for (let i = 0; i < 2; i++) services.push(await Service.start(world, stop));
    const [first] = services;
    if (first === undefined) throw new Error('no instance');
    const key = await keyOf(first, TEAM.tenant);
    /** @type {Map<string, number>} */
    const seenAt = new Map();
    for (let i = 0; i < TEAM.operators; i++) {
      const bearer = token(tenantId(TEAM.tenant), memberId(TEAM.tenant, 1 + i));
      await followStream(
        services[i % 2] ?? first,
        bearer,
        AbortSignal.any([stop, ending.signal]),
        (thread) => {
          if (!seenAt.has(thread)) seenAt.set(thread, performance.now());
        },
      );
    }
    show('P11: warming up');
    await send(context, services, key, seenAt, 'warm up', plan.warmUpMs);
    show(`P11: ${plan.streamMs / 1000} s`);
    const latencies = await context.profiler.part('P11', () =>
      context.profiler.window(() => send(context, services, key, seenAt, 'measured', plan.streamMs)),
    );
    const what = `From a message to the stream of who is given it, ${PER_SECOND}/s into a push inbox, two instances`;
    const details = { messages: latencies.length, operators: TEAM.operators };
    return [
      row('P11-50', `${what}, p50 in ms`, latencies, 0.5, 150, details),
      row('P11-99', `${what}, p99 in ms`, latencies, 0.99, 400, details),
    ];
  } finally {
    ending.abort();
    for (const service of services) await service.end();
  }
}

/**
 * @param {string} id @param {string} what @param {readonly number[]} latencies @param {number} share
 * @param {number} atMost @param {unknown} details
 * @returns {import('../context.mjs').Row}
 */
function row(id, what, latencies, share, atMost, details) {
  const value = quantile(latencies, share);
  const measured = `${Math.round(value)} ms of ${latencies.length.toLocaleString('en')} messages`;
  return { id, what, measured, value, min: null, max: null, unit: 'plain', bar: { atMost }, details };
}

/**
 * Sends messages at an even rate, in turns to each instance, whether or not the earlier ones have a response.
 * @param {import('../context.mjs').Context} context @param {readonly Service[]} services @param {string} key
 * @param {ReadonlyMap<string, number>} seenAt @param {string} name @param {number} milliseconds
 * @returns {Promise<number[]>} how long each took until it was seen
 */
async function send({ findings, stop }, services, key, seenAt, name, milliseconds) {
  const count = Math.round((PER_SECOND * milliseconds) / 1000);
  const messages = messagesOf(name, count, [inboxId(TEAM.tenant, 1)]);
  /** @type {Map<string, number>} */
  const sentAt = new Map();
  const started = performance.now();
  const responses = [];
  for (const [i, message] of messages.entries()) {
    const early = started + (i * 1000) / PER_SECOND - performance.now();
    if (early > 1) await pause(early);
    stop.throwIfAborted();
    sentAt.set(message.externalConversationId, performance.now());
    responses.push(report(services[i % services.length], key, message));
  }
  const wrong = (await Promise.all(responses)).filter((status) => status !== 201).length;
  findings.violation(wrong, 'a message was not stored with 201', 'P11');
  const isMissing = () => [...sentAt.keys()].some((thread) => !seenAt.has(thread));
  for (const deadline = performance.now() + PATIENCE_MS; isMissing() && performance.now() < deadline;)
    await pause(20);
  const missing = [...sentAt.keys()].filter((thread) => !seenAt.has(thread)).length;
  findings.violation(missing, 'a message was not seen on a stream', 'P11');
  return [...sentAt].flatMap(([thread, at]) => {
    const seen = seenAt.get(thread);
    return seen === undefined ? [] : [seen - at];
  });
}

/** @param {Service | undefined} service @param {string} key @param {unknown} message */
async function report(service, key, message) {
  const { statusCode, body } = await request(
    `http://127.0.0.1:${service?.port}/api/v1/orchestrator/messages`,
    {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(message),
    },
  );
  await body.dump();
  return statusCode;
}
