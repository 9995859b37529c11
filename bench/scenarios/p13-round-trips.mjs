// @ts-check
// P13: counts the round trips to the database of claim, resolve and a message, between the service and PostgreSQL.
import { callCosts } from '../call-costs.mjs';
import { conversationId, inboxId, INBOXES, operatorId, tenantId } from '../ids.mjs';
import { request } from '../load.mjs';
import { token, withService } from '../service.mjs';
import { keyOf, messagesOf } from '../teams.mjs';
import { watchStatements } from '../watch-statements.mjs';

/** The second one is for the cost of an allocate. */
const TENANTS = 2;
const TENANT = 1;
const OPERATOR = 1;
/** One of the operator's inboxes. */
const INBOX = 6;
const COUNT = 80;
/** The first of a kind also learn what others remember. */
const FIRST = 10;
/** Some jobs cannot be switched off. */
const RARE = { RERANK_INTERVAL_SECONDS: '3600', UNFINISHED_CHANGES_INTERVAL_SECONDS: '3600' };
/** Requests that arrive together share it, so it is counted apart. */
const LOOK_UP = /identify_(callers|api_key)/;
/** Without them, nothing but the requests runs statements. */
const JOBS = [
  'GRACE_EXPIRY',
  'WAIT_SWEEP',
  'PRESENCE_SWEEP',
  'SATURATION_SWEEP',
  'SEARCH_INDEX',
  'SECRET_REWRITE',
  'DISTRIBUTION_SWEEP',
  'OUTLOOK',
  'STATS',
  'CLEAN_UP',
  'WEBHOOK',
];

/** @param {import('../context.mjs').Context} context @returns {Promise<import('../context.mjs').Row[]>} */
export async function p13(context) {
  const { plan, server, stop, load, findings } = context;
  const world = await server.world(plan.depths.middle, TENANTS, 'trips');
  let statements = 0;
  let lookUps = 0;
  const proxy = await watchStatements(world.serviceUrl, (statement) => {
    if (LOOK_UP.test(statement)) lookUps++;
    else statements++;
  });
  const off = JOBS.map((name) => [`${name}_INTERVAL_SECONDS`, '0']);
  const variables = { ...Object.fromEntries(off), ...RARE };
  try {
    const { found, key } = await withService(
      { ...world, serviceUrl: proxy.url },
      stop,
      { variables },
      async (service) => {
        const operator = token(tenantId(TENANT), operatorId(TENANT, OPERATOR));
        const key = await keyOf(service, TENANT);
        const act = (/** @type {string} */ verb, /** @type {number} */ i) =>
          request('POST', `/allocation/${verb}`, operator, {
            conversationId: conversationId(TENANTS * (INBOX - 1 + i * INBOXES)),
          });
        const numbers = Array.from({ length: FIRST + COUNT }, (_, i) => i);
        const kinds = {
          claim: numbers.map((i) => act('claim', i)),
          resolve: numbers.map((i) => act('resolve', i)),
          message: messagesOf('trips', FIRST + COUNT, [inboxId(TENANT, INBOX)]).map((message) =>
            request('POST', '/orchestrator/messages', key, message),
          ),
        };
        /** @type {Record<string, { each: number, lookUps: number }>} */
        const found = {};
        for (const [name, requests] of Object.entries(kinds)) {
          const send = async (/** @type {Buffer[]} */ own) => {
            const done = await load.run({ port: service.port, requests: [own], inOrder: true });
            const wrong = done.responses.filter(({ status }) => status >= 300).length;
            findings.violation(wrong, 'a response that is no success', `P13, ${name}`);
          };
          await send(requests.slice(0, FIRST));
          statements = 0;
          lookUps = 0;
          await send(requests.slice(FIRST));
          found[name] = { each: statements / COUNT, lookUps: lookUps / COUNT };
        }
        return { found, key };
      },
    );
    const costs = await callCosts(context, world, key);
    const each = Object.values(found).map((kind) => kind.each);
    return [
      {
        id: 'P13',
        what: 'Round trips to the database of claim, resolve and a message, besides the look-up of the caller; the most',
        measured: Object.entries(found)
          .map(([name, kind]) => `${name} ${kind.each} and ${kind.lookUps}`)
          .concat(inWords(costs))
          .join(', '),
        value: Math.max(...each),
        min: Math.min(...each),
        max: Math.max(...each),
        unit: 'plain',
        bar: { atMost: 1 },
        details: { ...found, microseconds: costs },
      },
    ];
  } finally {
    proxy.close();
  }
}

/** @param {Awaited<ReturnType<typeof callCosts>>} costs */
function inWords(costs) {
  const known = Object.entries(costs).filter(([, { database }]) => !Number.isNaN(database.median));
  return known.map(([name, { database, service }]) => {
    const [ofDatabase, ofService] = [database, service].map(({ median }) => Math.round(median));
    return `${name} ${ofDatabase} µs of the database and ${ofService} µs of the service`;
  });
}
