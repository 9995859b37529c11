// @ts-check
// Uses the service over HTTP, from an empty database to the statistics. Each step checks its result.
import { SignJWT } from 'jose';
import { Failure } from '../processes.mjs';

const BATCH = 20;
const CONVERSATIONS = BATCH + 1;
const ALLOCATIONS = 8;
/** Two operators each become AVAILABLE and OFFLINE. */
const STATUS_CHANGES = 4;
/** Transitions: created, allocated, re-queued when the holder left, claimed, resolved. */
const ENTRIES = CONVERSATIONS + 2 * ALLOCATIONS + 2 + STATUS_CHANGES;

/**
 * @typedef {(method: string, path: string, body?: unknown) => Promise<{ status: number, body: any }>} Ask
 * @typedef {{ platformKey: string, jwtSecret: string }} Secrets
 * @typedef {object} Office
 * @property {Ask} admin
 * @property {Ask} orchestrator
 * @property {{ id: string, ask: Ask }[]} operators
 * @property {string} inboxId
 * @property {Ask} stranger the ADMIN of another tenant
 */

/**
 * @param {string} url of the service
 * @param {Secrets} secrets
 */
export async function doMainJob(url, secrets) {
  const office = await openOffice(url, secrets);
  await ingest(office);
  await give(office);
  await leave(office);
  await readFeed(office);
  await readStatistics(office);
}

/** @param {string} url @param {Secrets} secrets @returns {Promise<Office>} */
async function openOffice(url, { platformKey, jwtSecret }) {
  const platform = caller(url, platformKey);
  const [acme, other] = await Promise.all(
    ['Acme', 'Other'].map((name) => {
      const wanted = { name, admin: { name: 'Ada' }, settings: { gracePeriodSeconds: 0 } };
      return expect(201, platform, 'POST', '/tenants', wanted);
    }),
  );
  const token = async (/** @type {{ id: string, tenantId: string }} */ { id, tenantId }) =>
    caller(url, await signed(jwtSecret, tenantId, id));
  const admin = await token(acme.admin);
  const inbox = await expect(201, admin, 'POST', '/inboxes', { name: 'Support', phoneNumber: '+4930901820' });
  const operators = [];
  for (const name of ['Olivia', 'Oscar']) {
    const operator = await expect(201, admin, 'POST', '/operators', { name, role: 'OPERATOR' });
    await expect(201, admin, 'POST', `/inboxes/${inbox.id}/operators`, { operatorId: operator.id });
    operators.push({ id: operator.id, ask: await token(operator) });
  }
  const { key } = await expect(201, admin, 'POST', '/api-keys', { name: 'orchestrator' });
  const stranger = await token(other.admin);
  return { admin, orchestrator: caller(url, key), operators, inboxId: inbox.id, stranger };
}

/** @param {Office} office */
async function ingest({ orchestrator }) {
  const first = message(0);
  const one = await expect(201, orchestrator, 'POST', '/orchestrator/messages', first);
  same('state of a new conversation', one.conversation.state, 'QUEUED');
  const again = await expect(200, orchestrator, 'POST', '/orchestrator/messages', first);
  same('created by a message that is known', again.created, false);
  const messages = Array.from({ length: BATCH }, (_, n) => message(n + 1));
  const { results } = await expect(200, orchestrator, 'POST', '/orchestrator/messages/batch', { messages });
  same('statuses of the batch', statuses(results), `${BATCH} × 201`);
}

/** @param {number} n */
function message(n) {
  return {
    externalConversationId: `thread-${n}`,
    inboxPhoneNumber: '+4930901820',
    customerPhoneNumber: `+49151123456${String(n).padStart(2, '0')}`,
    messageId: `message-${n}`,
  };
}

/** @param {{ status: number }[]} results */
function statuses(results) {
  const all = new Set(results.map(({ status }) => status));
  return `${results.length} × ${[...all].join(', ')}`;
}

/**
 * Both operators allocate at the same time and get different conversations.
 * @param {Office} office
 */
async function give({ admin, operators, stranger }) {
  for (const { id, ask } of operators) {
    await expect(200, ask, 'PUT', `/operators/${id}/status`, { status: 'AVAILABLE' });
  }
  const given = await Promise.all(
    Array.from({ length: ALLOCATIONS }, (_, n) =>
      expect(200, pick(operators, n).ask, 'POST', '/allocation/allocate'),
    ),
  );
  const ids = new Set(given.map(({ conversation }) => conversation?.id));
  same('different conversations that allocate gave', ids.has(undefined) ? 'none' : ids.size, ALLOCATIONS);

  const [{ id }] = await list(admin, '?state=QUEUED&limit=1');
  const claims = await Promise.all(
    operators.map(({ ask }) => ask('POST', '/allocation/claim', { conversationId: id })),
  );
  const outcomes = claims.map(({ status }) => status);
  same('statuses of two claims of one conversation', outcomes.toSorted().join(), '200,409');
  const winner = pick(operators, outcomes.indexOf(200));
  const resolved = await expect(200, winner.ask, 'POST', '/allocation/resolve', { conversationId: id });
  same('state after resolve', resolved.conversation.state, 'RESOLVED');
  await expect(404, stranger, 'GET', `/conversations/${id}`);
  await expectStates(stranger, { queued: 0, allocated: 0, resolved: 0 });
  await expectStates(admin, { queued: BATCH - ALLOCATIONS, allocated: ALLOCATIONS, resolved: 1 });
}

/** @param {Office} office */
async function leave({ admin, operators }) {
  for (const { id, ask } of operators) {
    await expect(200, ask, 'PUT', `/operators/${id}/status`, { status: 'OFFLINE' });
  }
  await expect(200, admin, 'POST', '/grace-periods/expire');
  await expectStates(admin, { queued: BATCH, allocated: 0, resolved: 1 });
}

/** @param {Ask} ask @param {{ queued: number, allocated: number, resolved: number }} expected */
async function expectStates(ask, { queued, allocated, resolved }) {
  const counts = countBy(await list(ask, '?limit=100'), ({ state }) => state);
  const found = ['QUEUED', 'ALLOCATED', 'RESOLVED'].map((state) => counts[state] ?? 0);
  same('queued, allocated, resolved', found.join(), [queued, allocated, resolved].join());
}

/** @param {Ask} ask @param {string} query @returns {Promise<any[]>} */
async function list(ask, query) {
  return (await expect(200, ask, 'GET', `/conversations${query}`)).data;
}

/** @param {Office} office */
async function readFeed({ admin }) {
  /** @type {any[]} */
  const entries = [];
  let after = '';
  for (;;) {
    const page = await expect(200, admin, 'GET', `/events?limit=15${after}`);
    entries.push(...page.data);
    after = `&after=${encodeURIComponent(page.nextCursor)}`;
    if (!page.hasMore) break;
  }
  same('entries in the feed', entries.length, ENTRIES);
  same('different entries in the feed', new Set(entries.map(({ id }) => id)).size, ENTRIES);
  const gifts = entries.filter(({ type }) => /^conversation\.(allocated|claimed)$/.test(type));
  const times = Object.values(countBy(gifts, ({ conversationId }) => conversationId));
  same('conversations that were given', times.length, ALLOCATIONS + 1);
  same('times that one was given at most', Math.max(...times), 1);
}

/** @param {Office} office */
async function readStatistics({ admin, operators, inboxId }) {
  const queue = await expect(200, admin, 'GET', '/stats/queue');
  const inbox = queue.data.find((/** @type {any} */ row) => row.inboxId === inboxId);
  same('depth of the queue', inbox?.depth, BATCH);
  const { data } = await expect(200, admin, 'GET', '/stats/operators');
  for (const [name, expected] of Object.entries({ allocated: ALLOCATIONS, claimed: 1, resolved: 1 })) {
    let sum = 0;
    for (const { transitions } of data) sum += transitions[name];
    same(`${name} in the statistics`, sum, expected);
  }
  await expect(200, admin, 'GET', '/stats/distribution');
  for (const { id, ask } of operators) await expect(200, ask, 'GET', `/operators/${id}/stats`);
}

/** @param {string} secret @param {string} tenantId @param {string} operatorId */
export function signed(secret, tenantId, operatorId) {
  return new SignJWT({ tenant_id: tenantId, sub: operatorId })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(Buffer.from(secret));
}

/** @param {string} url @param {string} bearer @returns {Ask} */
export function caller(url, bearer) {
  return async (method, path, body) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${bearer}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  };
}

/**
 * @param {number} status @param {Ask} ask @param {string} method @param {string} path @param {unknown} [body]
 * @returns {Promise<any>} the body of the response
 */
export async function expect(status, ask, method, path, body) {
  const response = await ask(method, path, body);
  if (response.status === status) return response.body;
  throw new Failure(
    `${method} ${path}: ${response.status} instead of ${status}: ${JSON.stringify(response.body)}`,
  );
}

/** @param {string} what @param {unknown} found @param {unknown} expected */
export function same(what, found, expected) {
  if (found !== expected) throw new Failure(`${what}: ${found} instead of ${expected}`);
}

/**
 * @template T
 * @param {T[]} items
 * @param {number} n
 */
function pick(items, n) {
  return /** @type {T} */ (items[n % items.length]);
}

/** @template T @param {T[]} rows @param {(row: T) => string} keyOf @returns {Record<string, number>} */
function countBy(rows, keyOf) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const row of rows) counts[keyOf(row)] = (counts[keyOf(row)] ?? 0) + 1;
  return counts;
}
