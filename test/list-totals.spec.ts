import type { Page } from '../src/http/cursor.js';
import { TestApplication, type Headers } from './support/application.js';
import { fillTenant, type FullTenant } from './support/full-tenant.js';
import { nameOf, ROUTES } from './support/openapi.js';
import { invalid } from './support/refused.js';
import { PLATFORM_KEY } from './support/settings.js';
import { World } from './support/world.js';

let app: TestApplication;
let tenant: FullTenant;

beforeAll(async () => {
  app = await TestApplication.start();
  tenant = await fillTenant(await World.create(app), 'counted');
  const { world, inbox, operator, customerPhone, webhookId, leadId } = tenant;
  // More than one of everything, so that there are pages.
  for (const name of ['second', 'third']) {
    await world.queued(inbox, { externalId: `counted-${name}`, phone: customerPhone });
    await world.allocated(inbox, operator, { externalId: `counted-held-${name}`, phone: customerPhone });
    await app.call('post', `/inboxes/${inbox.id}/labels`, world.admin).send({ name }).expect(201);
    await app.call('post', '/webhooks', world.admin).send({ url: 'https://93.184.215.14/more' }).expect(201);
    const lead = { externalId: `counted-${name}`, phone: customerPhone };
    await app
      .call('post', '/orchestrator/messages', world.orchestrator)
      .send({ externalConversationId: `counted-lead-${name}`, inboxId: inbox.id, lead })
      .expect(201);
  }
  const outside = await world.inbox();
  await world.queued(outside, { externalId: 'counted-outside', phone: customerPhone });
  // Several conversations of one lead count once.
  await app.database.rows('update conversations set lead_id = $2 where tenant_id = $1 and lead_id is null', [
    world.tenantId,
    leadId,
  ]);
  await app.database.rows(
    `insert into webhook_deliveries (tenant_id, webhook_id, id, position, event_id, event_type, body, status, next_attempt_at,
      keep_until)
    select $1, $2, gen_random_uuid(), n, gen_random_uuid(), 'conversation.created', '{}', 'FAILED', null, now() + interval '1 day'
    from generate_series(1, 3) n`,
    [world.tenantId, webhookId],
  );
}, 60_000);
afterAll(() => app.stop());

type Caller = 'admin' | 'operator' | 'platform';
type Listed = Page<unknown>;

interface List {
  name: string;
  caller: Caller;
  path: () => string;
  /** Without it the request is a GET. */
  body?: () => object;
}

const listed = (caller: Caller, name: string, path = () => name, body?: () => object): List => ({
  name: `${body === undefined ? 'GET' : 'POST'} ${name}`,
  caller,
  path,
  ...(body === undefined ? {} : { body }),
});
const forBoth = (name: string, path?: () => string, body?: () => object): List[] =>
  (['admin', 'operator'] as const).map((caller) => listed(caller, name, path, body));

const LISTS: List[] = [
  ...forBoth('/conversations'),
  ...forBoth('/conversations?state=QUEUED&sort=waiting'),
  ...forBoth('/conversations/search?q=counted'),
  ...forBoth('/conversations/search?q=', () => '/conversations/search?q=nobody-has-this'),
  ...forBoth('/conversations/search?phoneNumber=', () => {
    return `/conversations/search?phoneNumber=${encodeURIComponent(tenant.customerPhone)}`;
  }),
  ...forBoth(
    '/conversations/search',
    () => '/conversations/search',
    () => ({ q: 'counted' }),
  ),
  listed('operator', '/allocation/queue'),
  listed('admin', '/operators'),
  listed('admin', '/audit-events'),
  listed('admin', '/audit-events?action=operator.created'),
  listed('admin', '/audit-events?action=&actor=', () => {
    return `/audit-events?action=operator.created&actor=${tenant.world.admin['X-Operator-Id']}`;
  }),
  ...forBoth('/inboxes'),
  listed('admin', '/inboxes?includeInactive=true'),
  ...forBoth('/inboxes/{id}/labels', () => `/inboxes/${tenant.inbox.id}/labels`),
  ...forBoth('/inboxes/{id}/operators', () => `/inboxes/${tenant.inbox.id}/operators`),
  ...forBoth('/leads'),
  ...forBoth('/leads?phone=', () => `/leads?phone=${encodeURIComponent(tenant.customerPhone)}`),
  ...forBoth(
    '/leads/search',
    () => '/leads/search',
    () => ({ email: tenant.leadEmail }),
  ),
  listed('admin', '/api-keys'),
  listed('admin', '/webhooks'),
  listed('admin', '/webhooks/{id}/deliveries', () => `/webhooks/${tenant.webhookId}/deliveries`),
  listed(
    'admin',
    '/webhooks/{id}/deliveries?status=FAILED',
    () => `/webhooks/${tenant.webhookId}/deliveries?status=FAILED`,
  ),
  listed('admin', '/grace-periods'),
  listed('admin', '/deadlines'),
  listed('admin', '/deadlines?kind=GRACE'),
  listed('platform', '/tenants'),
];

function headersOf(caller: Caller): Headers {
  if (caller === 'platform') return { Authorization: `Bearer ${PLATFORM_KEY}` };
  return caller === 'admin' ? tenant.world.admin : tenant.operator.headers;
}

/** Texts in a query, values in a body. */
function calling({ caller, path, body }: List, more: Record<string, string | number | boolean>) {
  const headers = headersOf(caller);
  return body === undefined
    ? app.call('get', path(), headers).query(more)
    : app.call('post', path(), headers).send({ ...body(), ...more });
}

async function pageOf(list: List, more: Record<string, string | number | boolean>): Promise<Listed> {
  const { body } = await calling(list, more).expect(200);
  return body as Listed;
}

async function lengthOf(list: List): Promise<number> {
  let length = 0;
  for (let cursor: string | null = null; ;) {
    const next: Listed = await pageOf(list, { limit: 2, ...(cursor === null ? {} : { cursor }) });
    length += next.data.length;
    if (next.nextCursor === null) return length;
    cursor = next.nextCursor;
  }
}

it('every route with a cursor can count, and no other', () => {
  const having = (parameter: string) =>
    ROUTES.filter(({ operation }) => operation.parameters.some(({ name }) => name === parameter));
  const [listing, counting] = [having('cursor'), having('count')];
  expect(counting.map(nameOf)).toEqual(listing.map(nameOf));
  const tested = new Set(LISTS.map(({ name }) => name.replace(/\?.*/, '')));
  expect(listing.map(nameOf).filter((name) => !tested.has(name))).toEqual([]);
});

describe.each(LISTS)('$name, by the $caller', (list) => {
  it('tells how many there are on all pages, on each of them, when it is asked', async () => {
    const length = await lengthOf(list);
    const first = await pageOf(list, { limit: 1, count: true });
    expect(first).toMatchObject({ total: length });
    expect(first).not.toHaveProperty('totalIsAtLeast');
    if (first.nextCursor !== null)
      expect(await pageOf(list, { limit: 1, count: true, cursor: first.nextCursor })).toMatchObject({
        total: length,
      });
    for (const more of [undefined, { count: false }])
      expect(await pageOf(list, more ?? {})).not.toHaveProperty('total');
  });

  it('refuses what is neither true nor false', () => invalid(calling(list, { count: 'yes' }), 'count'));
});

it('the feed has no total', () =>
  invalid(app.call('get', '/events?count=true', tenant.world.admin), 'count'));

describe('a list of ten thousand', () => {
  const many = async (table: 'leads' | 'deliveries' | 'audit', count: number) => {
    const { world, webhookId } = tenant;
    const series = `generate_series(1, ${count}) n`;
    const rows = {
      leads: `insert into leads (tenant_id, id) select $1, gen_random_uuid() from ${series}`,
      deliveries: `insert into webhook_deliveries (tenant_id, webhook_id, id, position, event_id, event_type, body, status, next_attempt_at,
      keep_until)
        select $1, '${webhookId}', gen_random_uuid(), n, gen_random_uuid(), 'conversation.created', '{}', 'DELIVERED', null, now() + interval '1 day'
        from ${series}`,
      audit: `insert into audit_events (tenant_id, id, occurred_at, actor_type, actor_id, action, subject_type, subject_id)
        select $1, gen_random_uuid(), now() - n * interval '1 second', 'OPERATOR', '${world.admin['X-Operator-Id']}',
          'inbox.updated', 'inbox', gen_random_uuid() from ${series}`,
    };
    await app.database.rows(rows[table], [world.tenantId]);
  };

  it.each([
    ['leads', '/leads', 'leads'],
    ['deliveries', '/webhooks/{id}/deliveries', 'webhook_deliveries'],
    ['audit', '/audit-events', 'audit_events'],
  ] as const)('%s is counted exactly, and one more is not', async (table, name, stored) => {
    const list = LISTS.find((one) => one.name === `GET ${name}` && one.caller === 'admin')!;
    const before = (await pageOf(list, { count: true })).total!;
    await many(table, 10_000 - before);
    expect(await pageOf(list, { count: true })).toMatchObject({ total: 10_000 });
    await many(table, 1);
    const page = await pageOf(list, { count: true });
    expect(page).toMatchObject({ totalIsAtLeast: 10_000 });
    expect(page).not.toHaveProperty('total');
    expect((await app.database.rows(`select 1 from ${stored}`)).length).toBeGreaterThan(10_000);
  });

  it('is still counted exactly by a filter that leaves few', async () => {
    const list = (query: string) => LISTS.find(({ name }) => name.includes(query))!;
    expect(await pageOf(list('status=FAILED'), { count: true })).toMatchObject({ total: 3 });
    const created = await lengthOf(list('action=&actor='));
    expect(await pageOf(list('action=&actor='), { count: true })).toMatchObject({ total: created });
  });
});
