// @ts-check
// The requests before the dump and after the restore.
import { randomBytes } from 'node:crypto';
import { caller, doMainJob, expect, same, signed } from '../matrix/job.mjs';
import { Failure, pause } from '../processes.mjs';

const KEYS = { platformKey: randomBytes(24).toString('hex'), jwtSecret: randomBytes(24).toString('hex') };
const HEARD_WITHIN_MS = 30_000;

/** Both services have the same secrets, as in production, so tokens stay valid. */
export const SECRETS = {
  ...KEYS,
  environment: {
    // Not production: that refuses the receiver, which is on this machine.
    NODE_ENV: 'development',
    LOG_LEVEL: 'warn',
    AUTH_MODE: 'jwt',
    JWT_SECRET: KEYS.jwtSecret,
    PLATFORM_API_KEY: KEYS.platformKey,
    WEBHOOK_ALLOW_PRIVATE_TARGETS: 'yes',
    WEBHOOK_INTERVAL_SECONDS: '1',
    STATS_INTERVAL_SECONDS: '1',
  },
};

/**
 * @typedef {object} Before what has to hold after the restore
 * @property {{ token: string, key: string, operator: { id: string, token: string }, inboxId: string, webhookId: string
 * }} office
 * @property {string[]} events ids in the order of the feed
 * @property {{ cursor: string, seen: number }[]} cursors each with the number of events before it
 * @property {string[]} heard by the webhook
 * @property {Record<string, unknown>} responses by path
 */

/**
 * @param {string} url
 * @param {import('./receiver.mjs').Receiver} receiver
 * @returns {Promise<Before>}
 */
export async function beginWork(url, receiver) {
  const platform = caller(url, SECRETS.platformKey);
  const { tenant, admin } = await expect(201, platform, 'POST', '/tenants', {
    name: 'Acme',
    admin: { name: 'Ada' },
  });
  const token = await signed(SECRETS.jwtSecret, tenant.id, admin.id);
  const ask = caller(url, token);
  const inbox = await expect(201, ask, 'POST', '/inboxes', { name: 'Support', phoneNumber: '+4930901820' });
  const operator = await expect(201, ask, 'POST', '/operators', { name: 'Olivia', role: 'OPERATOR' });
  await expect(201, ask, 'POST', `/inboxes/${inbox.id}/operators`, { operatorId: operator.id });
  const { key } = await expect(201, ask, 'POST', '/api-keys', { name: 'orchestrator' });
  const { id: webhookId } = await expect(201, ask, 'POST', '/webhooks', { url: receiver.url });
  const office = {
    token,
    key,
    operator: { id: operator.id, token: await signed(SECRETS.jwtSecret, tenant.id, operator.id) },
    inboxId: inbox.id,
    webhookId,
  };
  const olivia = caller(url, office.operator.token);
  await expect(200, olivia, 'PUT', `/operators/${operator.id}/status`, { status: 'AVAILABLE' });
  await work(url, office, ['one', 'two', 'three']);
  await until('deliveries of the first server', () => receiver.heard.length === 9);
  // From here on, deliveries are pending in the dump.
  receiver.set(false);
  await work(url, office, ['four', 'five']);
  const { data, cursors } = await readFeed(ask);
  // At least one delivery has failed, and the statistics are not folded to the end.
  await until('a try', async () => {
    const deliveries = await expect(200, ask, 'GET', `/webhooks/${webhookId}/deliveries?limit=100`);
    return deliveries.data.some((/** @type {any} */ one) => one.status === 'PENDING' && one.attempts > 0);
  });
  const responses = await responsesOf(ask);
  return { office, events: data.map(({ id }) => id), cursors, heard: [...receiver.heard], responses };
}

/**
 * @param {string} url of the service on the other server
 * @param {import('./receiver.mjs').Receiver} receiver
 * @param {Before} before
 */
export async function goOn(url, receiver, { office, events, cursors, heard, responses }) {
  const ask = caller(url, office.token);
  for (const [path, response] of Object.entries(await responsesOf(ask)))
    same(path, JSON.stringify(response), JSON.stringify(responses[path]));
  for (const { cursor, seen } of cursors) {
    const { data } = await readFeed(ask, cursor);
    same(`events behind cursor ${seen}`, idsOf(data), events.slice(seen).join());
  }
  receiver.set(true);
  await work(url, office, ['six']);
  const { data } = await readFeed(ask, cursors.at(-1)?.cursor);
  same(
    'types of what happened since',
    data.map(({ type }) => type).join(),
    'conversation.created,conversation.allocated,conversation.resolved',
  );
  const all = [...events, ...data.map(({ id }) => id)];
  // A failed delivery arrives with its next attempt, which may be later.
  const { data: pending } = await expect(
    200,
    ask,
    'GET',
    `/webhooks/${office.webhookId}/deliveries?limit=100`,
  );
  /** What is asked for again while an attempt is under way may arrive twice. */
  const redelivered = new Set();
  for (const { id, eventId, status, attempts } of pending)
    if (status === 'PENDING' && attempts > 0) {
      redelivered.add(eventId);
      await ask('POST', `/webhooks/${office.webhookId}/deliveries/${id}/redeliver`);
    }
  await until('all deliveries', () => new Set(receiver.heard).size >= all.length);
  await pause(1_500);
  same(
    'events that the webhook heard',
    [...new Set(receiver.heard)].toSorted().join(),
    all.toSorted().join(),
  );
  const again = receiver.heard.filter((id, n) => receiver.heard.indexOf(id) < n && !redelivered.has(id));
  same('events that it heard twice', again.join(), '');
  same('those that it had heard before', receiver.heard.slice(0, heard.length).join(), heard.join());
  await doMainJob(url, SECRETS);
}

/**
 * Creates and allocates conversations, and resolves all but the last one.
 * @param {string} url @param {Before['office']} office @param {string[]} names
 */
async function work(url, { key, operator }, names) {
  const olivia = caller(url, operator.token);
  for (const [n, name] of names.entries()) {
    await expect(201, caller(url, key), 'POST', '/orchestrator/messages', {
      externalConversationId: name,
      inboxPhoneNumber: '+4930901820',
      customerPhoneNumber: '+4915112345678',
    });
    const { conversation } = await expect(200, olivia, 'POST', '/allocation/allocate');
    if (n < names.length - 1 || names.length === 1)
      await expect(200, olivia, 'POST', '/allocation/resolve', { conversationId: conversation.id });
  }
}

/** @param {import('../matrix/job.mjs').Ask} ask @param {string} [from] */
async function readFeed(ask, from) {
  /** @type {any[]} */
  const data = [];
  const cursors = [];
  for (let after = from; ;) {
    const query = after === undefined ? '' : `&after=${encodeURIComponent(after)}`;
    const page = await expect(200, ask, 'GET', `/events?limit=3${query}`);
    data.push(...page.data);
    after = page.nextCursor;
    cursors.push({ cursor: page.nextCursor, seen: data.length });
    if (!page.hasMore) return { data, cursors };
  }
}

/** Responses that must not change. @param {import('../matrix/job.mjs').Ask} ask */
async function responsesOf(ask) {
  /** @type {Record<string, unknown>} */
  const responses = {};
  for (const path of [
    '/stats/operators',
    '/stats/distribution',
    '/conversations?limit=100',
    '/operators',
    '/webhooks',
  ]) {
    const { data } = await expect(200, ask, 'GET', path);
    responses[path] = data;
  }
  return responses;
}

/** @param {{ id: string }[]} events */
const idsOf = (events) => events.map(({ id }) => id).join();

/** @param {string} what @param {() => boolean | Promise<boolean>} isSo */
async function until(what, isSo) {
  for (const end = Date.now() + HEARD_WITHIN_MS; !(await isSo()); await pause(50))
    if (Date.now() > end) throw new Failure(`not within ${HEARD_WITHIN_MS / 1000} s: ${what}`);
}
