/* eslint-disable max-lines -- one tool in one file: nothing else uses a part of it */
/**
 * Makes test/fixtures/legacy-database.sql and legacy-database.json: a database as the last version with the 32
 * migrations leaves it, and what must hold when newer code adopts it. Needs PostgreSQL 15 where POSTGRES says:
 *
 *   git worktree add /tmp/legacy c275f2d && (cd /tmp/legacy && pnpm install --frozen-lockfile && pnpm run build)
 *   node scripts/make-legacy-fixture.mjs /tmp/legacy
 *
 * All libraries and helpers come from that checkout: changes around this script do not break it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const POSTGRES = '/usr/lib/postgresql/15/bin';
const FIXTURE = fileURLToPath(new URL('../test/fixtures/legacy-database', import.meta.url));
const LEGACY = path.resolve(process.argv[2] ?? 'missing: the path of the legacy checkout');
const ofLegacy = createRequire(path.join(LEGACY, 'package.json'));
const imported = (name) => import(pathToFileURL(ofLegacy.resolve(name)));
const { default: pg } = await imported('pg');
const { default: prettier } = await imported('prettier');
const { v7: newId } = await imported('uuid');
const { freePort } = await imported('./scripts/ports.mjs');
const { serverAccount } = await imported('./scripts/postgres-account.mjs');
const { temporaryDirectory } = await imported('./scripts/temporary.mjs');

const THIRTY_DAYS = 2_592_000;
/** Fields that change with the time or the number of a request. */
const VOLATILE = [
  'priorityScore',
  'oldestWaitSeconds',
  'arrivalsLastHour',
  'resolutionsLastHour',
  'lastUsedAt',
  'requestId',
];
/** The service folds nothing, and writes nothing into the ledger by itself. */
const STILL = {
  STATS_INTERVAL_SECONDS: '0',
  GRACE_EXPIRY_INTERVAL_SECONDS: '0',
  SATURATION_SWEEP_INTERVAL_SECONDS: '0',
  DISTRIBUTION_SWEEP_INTERVAL_SECONDS: '0',
};
const NO_WEBHOOK_WORK = `not exists (select from tenants_with_webhook_work(9))
  and not exists (select from webhooks where lease_owner is not null)`;
const PLATFORM_API_KEY = 'fixture-platform-key-0123456789';
const callers = { platform: { headers: { Authorization: `Bearer ${PLATFORM_API_KEY}` } } };
/** `{ readers, query, cursors }`: each reader, by name, may use each cursor. */
const feeds = [];
const idempotent = [];
const moments = [];
const stops = [];
let databaseUrl;
let database;
let service;

const range = (length) => Array.from({ length }, (_, n) => n);
const lasting = (response) =>
  JSON.parse(JSON.stringify(response, (key, value) => (VOLATILE.includes(key) ? undefined : value)));
const rowsOf = async (text, values) => (await database.query(text, values)).rows;
const columnOf = async (text, values) => (await rowsOf(text, values)).map((row) => Object.values(row)[0]);
const markMoment = async () => moments.push((await columnOf('select clock_timestamp()'))[0].toISOString());

async function until(condition) {
  for (const deadline = Date.now() + 30_000; !(await columnOf(`select ${condition}`))[0]; await pause(100)) {
    if (Date.now() > deadline) throw new Error(`never true: ${condition}`);
  }
}

async function startPostgres() {
  const home = temporaryDirectory('inbox-legacy-fixture-');
  const account = process.getuid?.() === 0 ? serverAccount('') : {};
  const [data, passwordFile, password] = [`${home}/data`, `${home}/password`, newId()];
  fs.writeFileSync(passwordFile, password, { mode: 0o600 });
  const owned = account.uid === undefined ? [] : [home, passwordFile];
  for (const each of owned) fs.chownSync(each, account.uid, account.gid);
  const access = ['--username=inbox_owner', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  const options = { ...account, cwd: home, stdio: ['ignore', 'ignore', 'pipe'] };
  run(`${POSTGRES}/initdb`, ['-D', data, ...access, '--encoding=UTF8', '--locale=C', '--no-sync'], options);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off', 'timezone=UTC'];
  const args = ['-D', data, '-p', `${port}`, ...settings.flatMap((setting) => ['-c', setting])];
  const child = spawn(`${POSTGRES}/postgres`, args, { ...options, stdio: 'ignore' });
  stops.push(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    await ended;
    fs.rmSync(home, { recursive: true });
  });
  databaseUrl = `postgresql://inbox_owner:${password}@127.0.0.1:${port}/postgres`;
  for (const deadline = Date.now() + 10_000; !(await isReachable()); await pause(100)) {
    if (Date.now() > deadline) throw new Error('PostgreSQL does not start');
  }
  database = await connect();
}

/** PostgreSQL listens before it takes connections, and then answers that it is starting. */
async function isReachable() {
  const client = await connect().catch(() => null);
  await client?.end();
  return client !== null;
}

async function connect() {
  const client = new pg.Client(databaseUrl);
  client.on('error', () => {}); // the query in flight reports it
  await client.connect();
  return client;
}

function run(command, args, options = {}) {
  const ran = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 26, ...options });
  if (ran.status !== 0) throw new Error(`${command} failed: ${ran.error ?? ran.stderr}${ran.stdout ?? ''}`);
  return ran.stdout;
}

const runLegacy = (file, env, ...args) =>
  run(process.execPath, [path.join(LEGACY, 'dist/src', file), ...args], { env });

async function startService(env) {
  const child = spawn(process.execPath, [path.join(LEGACY, 'dist/src/main.js')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const stop = () => child.kill() && ended;
  stops.push(stop);
  for await (const line of createInterface({ input: child.stdout })) {
    const [, url] = /listening on (http:[^"\s]+)/.exec(line) ?? [];
    if (url === undefined) continue;
    child.stdout.resume();
    service = { url: `${url}/api/v1`, stop };
    return;
  }
  throw new Error('the service ended before it listened');
}

function send(caller, request, body, more = {}) {
  const [method, route] = request.split(' ');
  const json = body === undefined ? {} : { 'Content-Type': 'application/json' };
  return fetch(service.url + route, {
    method,
    headers: { ...json, ...callers[caller].headers, ...more },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function ask(caller, request, body, more) {
  const response = await send(caller, request, body, more);
  const text = await response.text();
  if (!response.ok) throw new Error(`${caller}, ${request}: ${text}`);
  return text === '' ? null : JSON.parse(text);
}

/** Sends an Idempotency-Key and keeps the response for the test, also a refusal. */
async function askOnce(caller, request, body, more = {}) {
  const headers = { ...more, 'Idempotency-Key': `fixture-${idempotent.length + 1}` };
  const sent = await send(caller, request, body, headers);
  const response = { status: sent.status, etag: sent.headers.get('etag'), body: await sent.json() };
  idempotent.push({ caller, request, headers, body, response: lasting(response) });
  return response.body;
}

async function setUp(admin, { people = {}, inboxes = {}, subscriptions = {} }) {
  for (const [name, role] of Object.entries(people)) {
    const { id, tenantId } = await ask(admin, 'POST /operators', { name, role });
    callers[name] = operator(tenantId, id);
    await ask(name, `PUT /operators/${id}/status`, { status: 'AVAILABLE' });
  }
  const ids = {};
  for (const [name, distribution] of Object.entries(inboxes)) {
    ids[name] = (await ask(admin, 'POST /inboxes', { name, distribution })).id;
  }
  for (const [inbox, weights] of Object.entries(subscriptions)) {
    const all = Object.entries(weights).map(([name, weight]) => ({ operatorId: idOf(name), weight }));
    await ask(admin, `PUT /inboxes/${ids[inbox]}/operators`, all);
  }
  return ids;
}

const operator = (tenantId, id) => ({ headers: { 'X-Tenant-Id': tenantId, 'X-Operator-Id': id } });
const orchestrator = (tenantId) => ({ headers: { 'X-Tenant-Id': tenantId, 'X-Service': 'orchestrator' } });
const idOf = (name) => callers[name].headers['X-Operator-Id'];
const setStatus = (name, status) => ask(name, `PUT /operators/${idOf(name)}/status`, { status });
const act = (name, verb, conversation, more = {}) =>
  ask(name, `POST /allocation/${verb}`, { conversationId: conversation.id, ...more });
const held = async (manager, name) =>
  (await ask(manager, `GET /conversations?state=ALLOCATED&assignedOperatorId=${idOf(name)}&sort=oldest`))
    .data;

/** The phone number and the message id follow from the name of the thread and the part of the story. */
function message(inboxId, thread, more = {}) {
  const digits = [...thread].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 10 ** 7, 7);
  const customerPhoneNumber = `+49151${String(digits).padStart(8, '0')}`;
  const messageId = `${thread}/${moments.length}`;
  const customer = { customerPhoneNumber, displayName: thread };
  return { externalConversationId: thread, inboxId, messageId, ...customer, ...more };
}
const write = async (caller, ...values) =>
  (await ask(caller, 'POST /orchestrator/messages', message(...values))).conversation;
const writeAll = (caller, count, nth) =>
  ask(caller, 'POST /orchestrator/messages/batch', { messages: range(count).map(nth) });
const atOnce = (values, work) => Promise.all(values.map((value) => work(value)));
const allocate = (name) => ask(name, 'POST /allocation/allocate', {});

async function readFeed({ readers, query }, after, limit, most = Infinity) {
  const read = { ids: [], cursors: [] };
  for (let next = after; read.cursors.length < most;) {
    const asked = new URLSearchParams({ ...query, limit, ...(next === null ? {} : { after: next }) });
    const { data, nextCursor, hasMore } = await ask(readers[0], `GET /events?${asked}`);
    read.ids.push(...data.map(({ id }) => id));
    read.cursors.push((next = nextCursor));
    if (!hasMore) break;
  }
  return read;
}

/** Readers stop here: at the end of the feed and, with a limit, after each page. */
async function saveCursors(limit) {
  for (const feed of feeds) {
    feed.cursors.push(...(await readFeed(feed, 'latest', 1)).cursors);
    if (limit !== undefined) feed.cursors.push(...(await readFeed(feed, null, limit)).cursors);
  }
}

/** Receives webhooks. Until it `acceptsAll` it refuses some. */
async function startReceiver() {
  const receiver = { acceptsAll: false, received: {} };
  const server = http.createServer(async (request, response) => {
    const { type, data } = JSON.parse((await request.toArray()).join(''));
    const isRefused = !receiver.acceptsAll && request.url === '/flaky' && type.startsWith('operator.');
    const isGone = !receiver.acceptsAll && request.url === '/gone';
    const status = isGone ? 410 : isRefused ? 503 : 204;
    if (status === 204) (receiver.received[request.url] ??= new Set()).add(data.id);
    response.writeHead(status).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  stops.push(() => server.close());
  receiver.url = `http://127.0.0.1:${server.address().port}`;
  return receiver;
}

/** The part of the story that the statistics and the webhooks know when it ends. */
async function beforeTheRestart(receiver) {
  const acme = await createTenant('adam', 'Acme', { gracePeriodSeconds: 1, defaultMaxLoad: 40 });
  const desk = await setUp('adam', {
    people: { mia: 'MANAGER', ann: 'OPERATOR', bob: 'OPERATOR', cid: 'OPERATOR', dan: 'OPERATOR' },
    inboxes: { desk: 'PULL', shop: 'WEIGHTED_RANDOM', care: 'LEAST_LOADED', night: 'ROUND_ROBIN' },
    subscriptions: {
      desk: { ann: 1, bob: 1, dan: 1 },
      shop: { ann: 3, cid: 1 },
      care: { bob: 2, cid: 1, dan: 1 },
      night: { cid: 1, dan: 1 },
    },
  });
  const ranking = { normalization: 'CANDIDATE_WINDOW', candidateWindow: 5, delayBasis: 'WAITING_SINCE' };
  const window = { ...ranking, maxDelayMinutes: null, autoSubscribe: true, gracePeriodSeconds: 0 };
  await createTenant('wanda', 'Window', window);
  const { hall } = await setUp('wanda', { people: { will: 'OPERATOR' }, inboxes: { hall: 'PULL' } });
  const demo = '019c8f00-0000-7000-8000-000000000';
  for (const [name, id] of Object.entries({ olivia: 11, oscar: 12, mona: 13, ada: 14 })) {
    callers[name] = operator(`${demo}001`, `${demo}0${id}`);
  }
  callers['demo service'] = orchestrator(`${demo}001`);
  const plain = await ask('adam', 'POST /api-keys', { name: 'crm' });
  const signing = await ask('adam', 'POST /api-keys', { name: 'erp', requestSigning: true });
  callers['acme key'] = { headers: { Authorization: `Bearer ${plain.key}` } };
  await askSigned(signing);

  const hook = async (name, more = {}) =>
    askOnce('adam', 'POST /webhooks', { url: `${receiver.url}/${name}`, description: name, ...more });
  const availability = ['operator.available', 'operator.offline'];
  const flaky = await hook('flaky', { events: [...availability, 'conversation.resolved'] });
  const arrivals = ['conversation.created', 'conversation.moved'];
  const stopped = await hook('stopped', { inboxId: desk.desk, events: arrivals });
  const rotated = await hook('rotated', { events: [...availability, 'conversation.moved'] });
  await hook('gone', { events: ['conversation.created', 'conversation.reopened'] });
  await hook('resolved', { events: ['conversation.resolved'], inboxId: desk.desk });
  await ask('adam', `POST /webhooks/${rotated.id}/rotate-secret`);

  const created = { type: 'conversation.created,conversation.resolved' };
  const taken = { type: 'conversation.allocated,conversation.reopened,operator.offline' };
  // Readers who see the whole tenant share cursors.
  for (const [readers, ...queries] of [
    [['adam', 'acme service', 'acme key'], {}, created, taken, { inboxId: desk.desk }],
    [['ann'], {}, taken, { inboxId: desk.desk }],
    [['cid'], {}, { inboxId: desk.shop, ...created }],
    [['ada', 'demo service'], {}, { inboxId: `${demo}101` }],
    [['oscar'], {}],
    [['olivia'], created],
    [['wanda'], {}],
    [['will'], {}],
  ]) {
    feeds.push(...queries.map((query) => ({ readers, query, cursors: [] })));
  }

  await markMoment();
  const refund = await ask('adam', `POST /inboxes/${desk.desk}/labels`, { name: 'Refund', color: '#d97706' });
  await ask('adam', `POST /inboxes/${desk.shop}/labels`, { name: 'Refund' });
  const urgent = await ask('adam', `POST /inboxes/${desk.desk}/labels`, { name: 'Urgent' });
  // One transaction with many entries, so that cursors end inside it. Every fourth has waited past the delay cap.
  const lead = (n) => ({ externalId: `crm-${n}`, name: `Customer ${n}`, email: `c${n}@acme.example` });
  const hoursAgo = (hours) => new Date(Date.now() - hours * 3_600_000).toISOString();
  const more = (n) => ({
    ...(n % 3 === 0 ? { lead: lead(n) } : {}),
    ...(n % 4 === 0 ? { occurredAt: hoursAgo(n + 30) } : {}),
  });
  await writeAll('acme service', 16, (n) => message(desk.desk, `desk-${n}`, more(n)));
  await writeAll('acme key', 9, (n) => message(desk[['shop', 'care', 'night'][n % 3]], `pushed-${n}`));
  await atOnce(range(10), (n) => write('acme service', desk[n % 2 ? 'desk' : 'shop'], `single-${n}`));
  await atOnce(['ann', 'bob', 'dan', 'ann', 'bob'], allocate);
  const queue = `GET /conversations?state=QUEUED&inboxId=${desk.desk}&sort=priority`;
  const waiting = (await ask('mia', queue)).data;
  const claim = ['POST /allocation/claim', { conversationId: waiting[0].id }];
  await askOnce('ann', ...claim, { 'If-Match': `"${waiting[0].version}"` });
  await askOnce('bob', ...claim);
  for (const [n, label] of [refund, urgent, refund].entries()) {
    await ask('mia', `PUT /conversations/${waiting[n].id}/labels/${label.id}`);
  }
  await ask('mia', `PUT /conversations/${waiting[0].id}/labels/${urgent.id}`);
  await saveCursors(9);

  // Statistics keep totals per minute: the rest falls into another one.
  await pause(60_000 - (Date.now() % 60_000));
  await markMoment();
  await hook('served');
  for (const name of ['ann', 'bob', 'cid']) {
    const [first, second] = await held('mia', name);
    await act(name, 'resolve', first);
    await act('mia', 'resolve', second);
    await write('acme service', first.inboxId, first.externalConversationId);
  }
  const [ofAnn, ofDan] = [await held('mia', 'ann'), await held('mia', 'dan')];
  await act('mia', 'reassign', ofAnn[0], { operatorId: idOf('cid') });
  await act('mia', 'deallocate', ofAnn[1]);
  await act('mia', 'move-inbox', waiting[2], { inboxId: desk.shop });
  await act('mia', 'move-inbox', ofDan[0], { inboxId: desk.shop });
  await setStatus('bob', 'OFFLINE');
  await until(`not exists (select from grace_periods)`);
  await ask('adam', 'PATCH /tenant/settings', { gracePeriodSeconds: THIRTY_DAYS });
  await setStatus('bob', 'AVAILABLE');

  await ask('adam', `PATCH /webhooks/${stopped.id}`, { enabled: false });
  const refused = `select id from webhook_deliveries where status = 'PENDING' and attempts > 0 and webhook_id = '${flaky.id}'`;
  await until(`exists (${refused})`);
  // As if it had been tried for three days: the next refusal is the last.
  await rowsOf(
    `update webhook_deliveries set attempts = 9, next_attempt_at = now() where id = (${refused} limit 1)`,
  );
  await until(`exists (select from webhook_deliveries where status = 'FAILED')`);

  await allocate('olivia');
  await writeAll('demo service', 6, (n) => message(`${demo}103`, `lead-${n}`));
  for (const each of await held('mona', 'olivia')) await act('mona', 'resolve', each);
  await atOnce(range(7), (n) => write('window service', hall, `hall-${n}`));
  await atOnce(['will', 'will', 'will'], allocate);
  await act('will', 'resolve', (await held('wanda', 'will'))[0]);
  await setStatus('will', 'OFFLINE');
  await saveCursors(4);
  await until(`not exists (select from tenants_to_fold())`);
  await until(NO_WEBHOOK_WORK);
  return { acme, desk, hall, demo };
}

async function createTenant(admin, name, settings) {
  const made = await askOnce('platform', 'POST /tenants', { name, admin: { name: admin }, settings });
  callers[admin] = operator(made.tenant.id, made.admin.id);
  callers[`${name.toLowerCase()} service`] = orchestrator(made.tenant.id);
  return made.tenant.id;
}

async function askSigned({ key, signingSecret }) {
  const [id, time] = [newId(), Math.floor(Date.now() / 1000)];
  const secret = Buffer.from(signingSecret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', secret).update(`${id}.${time}.`).digest('base64');
  callers['acme signing key'] = { headers: { Authorization: `Bearer ${key}` }, signingSecret };
  const signed = { 'webhook-id': id, 'webhook-timestamp': `${time}`, 'webhook-signature': `v1,${signature}` };
  await ask('acme signing key', 'GET /tenant', undefined, signed);
}

/** The part of the story that no statistics and no webhook know yet. */
async function afterTheRestart(receiver, { acme, desk, hall, demo }) {
  await markMoment();
  await writeAll('acme service', 10, (n) => message(desk[n < 7 ? 'desk' : 'care'], `late-${n}`));
  await atOnce(['ann', 'bob', 'ann'], allocate);
  const ofDesk = (await held('mia', 'bob')).find(({ inboxId }) => inboxId === desk.desk);
  await act('mia', 'resolve', ofDesk);
  for (const name of ['ann', 'cid']) await act(name, 'resolve', (await held('mia', name))[0]);
  await ask('adam', `PATCH /operators/${idOf('dan')}`, { isActive: false });
  await setStatus('cid', 'OFFLINE');
  await setStatus('oscar', 'OFFLINE');
  await atOnce(range(4), (n) => write('demo service', `${demo}101`, `late-${n}`));
  for (const each of await held('mona', 'olivia')) await act('mona', 'resolve', each);
  await allocate('olivia');
  await write('window service', hall, 'hall-0');
  await setStatus('will', 'AVAILABLE');
  await askOnce('acme key', 'POST /orchestrator/messages', message(desk.desk, 'kept'));

  // A transaction that commits after one that began later. The feed shows its entry first, and cursors that are saved
  // meanwhile lead to both. The webhook that is created meanwhile gets this entry and not the other.
  const early = await connect();
  const ids = { conversationId: newId(), eventId: newId(), distributionEventId: newId() };
  const item = { index: 0, ...ids, ...message(desk.desk, 'early') };
  await early.query('begin; set local role inbox_app');
  const items = JSON.stringify([item]);
  await early.query('select * from take_in_messages($1, $2, $3)', [acme, 'orchestrator', items]);
  await write('acme service', desk.desk, 'overtaking');
  await askOnce('adam', 'POST /webhooks', { url: `${receiver.url}/new`, description: 'new' });
  await saveCursors();
  await early.query('commit');
  await early.end();
  await write('acme service', desk.desk, 'behind');

  await markMoment();
  // The fold stops inside the transaction with the ten entries.
  await rowsOf('begin; set local role inbox_app');
  await rowsOf('select fold_activity($1, 3)', [acme]);
  await rowsOf('commit');
  await keepForever();
}

/** Nothing in the fixture expires, however old it becomes. */
async function keepForever() {
  for (const [table, column] of [
    ['grace_periods', 'expires_at'],
    ['idempotency_keys', 'expires_at'],
    ['signed_requests', 'expires_at'],
    ['webhook_deliveries', 'keep_until'],
    ['webhooks', 'former_secret_expires_at'],
  ]) {
    await rowsOf(`update ${table} set ${column} = '2100-01-01Z' where ${column} is not null`);
  }
}

async function eventsAfterCursors(feed) {
  const all = await readFeed(feed, null, 8);
  const oneByOne = await readFeed(feed, null, 1, 4);
  await saveCursors();
  const cursors = [];
  for (const after of new Set([...feed.cursors, ...all.cursors, ...oneByOne.cursors])) {
    const reader = feed.readers[cursors.length % feed.readers.length];
    const { ids } = await readFeed({ ...feed, readers: [reader] }, after, 1000);
    const seen = all.ids.length - ids.length;
    if (all.ids.slice(seen).join() !== ids.join()) throw new Error(`${after} leads to something else`);
    cursors.push({ after, seen });
  }
  cursors.sort((one, other) => one.seen - other.seen);
  return { readers: feed.readers, query: feed.query, events: all.ids, cursors };
}

/** Keeps the responses to requests; of lists every page, so that their cursors are kept too. */
async function keepResponses(kept, caller, ...requests) {
  for (const request of requests) {
    for (let cursor = ''; cursor !== null;) {
      const page = request + (cursor && `${request.includes('?') ? '&' : '?'}cursor=${cursor}`);
      const response = await ask(caller, page);
      kept.push({ caller, request: page, response: lasting(response) });
      cursor = response.nextCursor ?? null;
    }
  }
}

async function whatMustHold() {
  const [start, minute, restart, end] = moments;
  const windows = [
    '',
    `?from=${start}&to=${minute}`,
    `?from=${minute}&to=${restart}`,
    `?from=${restart}&to=${end}`,
  ];
  const over = (route) => windows.map((window) => `GET ${route}${window}`);
  const [conversations, statistics, others] = [[], [], []];
  await keepResponses(others, 'platform', 'GET /tenants');
  for (const [admin, limited] of Object.entries({ adam: 'ann', ada: 'olivia', wanda: 'will' })) {
    await keepResponses(conversations, admin, 'GET /conversations?limit=20');
    await keepResponses(conversations, limited, 'GET /conversations?state=QUEUED&sort=oldest&limit=4');
    const routes = ['/stats/operators', '/stats/distribution', `/operators/${idOf(limited)}/stats`];
    await keepResponses(statistics, admin, 'GET /stats/queue', ...routes.flatMap(over));
    const lists = ['tenant', 'inboxes', 'operators', 'leads', 'grace-periods', 'api-keys', 'webhooks'];
    await keepResponses(others, admin, ...lists.map((list) => `GET /${list}`));
    for (const { id } of (await ask(admin, 'GET /inboxes')).data) {
      await keepResponses(others, admin, `GET /inboxes/${id}/operators`, `GET /inboxes/${id}/labels`);
    }
    const all = (await ask(admin, 'GET /conversations?limit=100')).data;
    const eventful = all.sort((one, other) => other.version - one.version)[0];
    await keepResponses(others, admin, `GET /conversations/${eventful.id}/history`);
  }
  return { conversations, statistics, others, feeds: await inTurn(feeds, eventsAfterCursors) };
}

async function inTurn(values, work) {
  const results = [];
  for (const value of values) results.push(await work(value));
  return results;
}

/** Serves all webhooks to a receiver that accepts all: so the legacy service itself says what each of them owes. */
async function webhooksAndWhatTheyOwe(receiver, env) {
  const events = (status) =>
    `(select coalesce(json_agg(d.event_id order by d.transaction_id, d.event_id), '[]') from webhook_deliveries d
      where d.webhook_id = w.id and d.status = '${status}')`;
  const webhooks = await rowsOf(`
    select w.id, w.description as name, w.secret, w.enabled, w.disabled_reason as "disabledReason",
      ${events('DELIVERED')} as delivered, ${events('FAILED')} as failed, ${events('PENDING')} as pending
    from webhooks w order by w.id`);
  Object.assign(receiver, { acceptsAll: true, received: {} });
  await rowsOf(`update webhook_deliveries set next_attempt_at = now() where status = 'PENDING'`);
  await startService({ ...env, ...STILL });
  for (const { id } of webhooks) await ask('adam', `PATCH /webhooks/${id}`, { enabled: true });
  await until(`${NO_WEBHOOK_WORK} and not exists (select from webhook_deliveries where status = 'PENDING')`);
  await service.stop();
  const owes = ({ name }) => [...(receiver.received[`/${name}`] ?? [])];
  return webhooks.map((webhook) => ({ ...webhook, owes: owes(webhook) }));
}

/** Without psql's commands, so that any client executes it; without the owner, since whoever executes it owns it. */
function dump() {
  const dumped = run(`${POSTGRES}/pg_dump`, [
    '--column-inserts',
    '--rows-per-insert=50',
    `--dbname=${databaseUrl}`,
  ]);
  const statements = dumped
    .replaceAll(/^(--.*|\\.*|ALTER .* OWNER TO inbox_owner;)\n/gm, '')
    .replaceAll(/\n{3,}/g, '\n\n');
  if (statements.includes('inbox_owner')) throw new Error('the owner is still named in the dump');
  return `-- Made by scripts/make-legacy-fixture.mjs. Needs the roles inbox_app and inbox_platform, and an empty database.
-- A new owner of functions needs this right while it becomes the owner.
grant create on schema public to inbox_platform;
${statements}
revoke create on schema public from inbox_platform;
`;
}

async function countRows() {
  const tables = await columnOf(`select relname from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace order by relname`);
  const rows = {};
  for (const table of tables) [rows[table]] = await columnOf(`select count(*)::integer from ${table}`);
  const empty = tables.filter((table) => rows[table] === 0);
  const [types] = await columnOf('select count(distinct type)::integer from conversation_events');
  if (empty.length > 0 || types < 13)
    throw new Error(`only ${types} types, or nothing in ${empty.join(', ')}`);
  return rows;
}

async function main() {
  await startPostgres();
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL: databaseUrl,
    PORT: '0',
    LOG_LEVEL: 'info',
    NODE_ENV: 'development',
    AUTH_MODE: 'trusted-headers',
    PLATFORM_API_KEY,
    GRACE_PERIOD_SECONDS: `${THIRTY_DAYS}`,
    IDEMPOTENCY_TTL_HOURS: '8760',
    CLEAN_UP_INTERVAL_SECONDS: '0',
    STATS_INTERVAL_SECONDS: '1',
    WEBHOOK_INTERVAL_SECONDS: '1',
    WEBHOOK_ALLOW_PRIVATE_TARGETS: 'yes',
  };
  runLegacy('database/migrate.js', env, 'run');
  runLegacy('demo/load-demo-data.js', env);
  const receiver = await startReceiver();
  await startService(env);
  const story = await beforeTheRestart(receiver);
  await service.stop();
  await startService({ ...env, ...STILL, WEBHOOK_INTERVAL_SECONDS: '0' });
  await afterTheRestart(receiver, story);
  const hold = await whatMustHold();
  await service.stop();
  runLegacy('verification/verify.js', env);

  const rows = await countRows();
  const [nextTransactionId] = await columnOf('select pg_snapshot_xmax(pg_current_snapshot())::text');
  const [postgres] = await columnOf('show server_version');
  const sql = dump();
  const webhooks = await webhooksAndWhatTheyOwe(receiver, env);
  const made = { at: moments.at(-1), commit: 'c275f2d', postgres, nextTransactionId };
  const json = JSON.stringify({ made, rows, callers, webhooks, idempotent, ...hold });
  fs.mkdirSync(path.dirname(FIXTURE), { recursive: true });
  fs.writeFileSync(`${FIXTURE}.sql`, sql);
  const style = await prettier.resolveConfig(`${LEGACY}/package.json`);
  fs.writeFileSync(`${FIXTURE}.json`, await prettier.format(json, { ...style, parser: 'json' }));
}

try {
  await main();
} finally {
  for (const stop of stops.reverse()) await stop();
}
