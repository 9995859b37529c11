import { AUDITED_ROUTES } from '../src/access/routes.js';
import { ACTIONS } from '../src/audit/audited.js';
import type { AuditEventResponse } from '../src/audit/audit-event.js';
import type { Route } from '../src/access/rights.js';
import { TestApplication } from './support/application.js';
import { AUDITED_CHANGES, NO_CONFIGURATION } from './support/audited-changes.js';
import { nameOf, ROUTES } from './support/openapi.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const SECRET_PLACES = /carla|\+4930|hooks\.customer|whsec_|iak_/;

const METHOD = /^\w+/;
const method = (route: string) => METHOD.exec(route)![0].toLowerCase() as 'post' | 'put' | 'patch' | 'delete';

async function entries(world: World, query = ''): Promise<AuditEventResponse[]> {
  const { body } = await app.call('get', `/audit-events?limit=100${query}`, world.admin).expect(200);
  return (body as { data: AuditEventResponse[] }).data;
}

it('every route that changes something is audited, or changes no configuration', () => {
  const changing = ROUTES.map(nameOf).filter((route) => !route.startsWith('GET '));
  expect([...Object.keys(AUDITED_CHANGES), ...NO_CONFIGURATION].sort()).toEqual(changing.sort());
  expect([...AUDITED_ROUTES].sort()).toEqual(Object.keys(AUDITED_CHANGES).sort() as Route[]);
});

describe.each(Object.entries(AUDITED_CHANGES))('%s', (route, prepare) => {
  it('has an entry that says who changed what', async () => {
    const world = await World.create(app);
    const change = await prepare(world);
    const by = change.by ?? world.admin;
    const response = await app
      .call(method(route), change.path, by)
      .send(change.body)
      .set('X-Request-Id', 'request-of-the-change');
    expect(response.status).toBeLessThan(300);
    const tenantId = (response.body as { tenant?: { id: string } }).tenant?.id ?? world.tenantId;
    const rows = await app.database.rows<{ request_id: string; actor_id: string; text: string }>(
      `select e.*, e::text as text from audit_events e where tenant_id = $1 order by occurred_at`,
      [tenantId],
    );
    const own = rows.filter((row) => row.request_id === 'request-of-the-change');
    expect(own[0]).toMatchObject({
      actor_type: change.by === undefined ? 'OPERATOR' : 'PLATFORM',
      actor_id: change.by === undefined ? world.admin['X-Operator-Id'] : null,
      ...change.says,
      before: change.says.before === null ? null : expect.objectContaining(change.says.before),
      after: change.says.after === null ? null : expect.objectContaining(change.says.after),
      subject_type: ACTIONS[change.says.action],
    });
    // Creating a tenant creates its first ADMIN too.
    expect(own).toHaveLength(route === 'POST /tenants' ? 2 : 1);
    expect(own.filter(({ text }) => SECRET_PLACES.test(text))).toEqual([]);
  });

  it('changes nothing when its entry cannot be written', async () => {
    const world = await World.create(app);
    const change = await prepare(world);
    const state = () =>
      app.database.rows(
        ['inboxes', 'operators', 'subscriptions', 'labels', 'api_keys', 'webhooks']
          .map(
            (table) =>
              `select '${table}' as of, to_jsonb(t) - 'updated_at' as row from ${table} t where tenant_id = $1`,
          )
          .join(' union all ')
          .concat(
            ` union all select 'tenants', to_jsonb(t) - 'updated_at' from tenants t where id = $1 order by 1, 2`,
          ),
        [world.tenantId],
      );
    const before = await state();
    await app.database.rows('alter table audit_events add constraint nothing check (false) not valid');
    try {
      const { status } = await app
        .call(method(route), change.path, change.by ?? world.admin)
        .send(change.body);
      expect(status).toBe(500);
    } finally {
      await app.database.rows('alter table audit_events drop constraint nothing');
    }
    expect(await state()).toEqual(before);
  });
});

describe('GET /audit-events', () => {
  it('lists the newest first, in pages, by actor, subject, action and time', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const colleague = await world.operator({ role: 'ADMIN' });
    for (const name of ['one', 'two', 'three'])
      await app.call('patch', `/inboxes/${inbox.id}`, colleague.headers).send({ name }).expect(200);
    const all = await entries(world);
    expect(all.map(({ occurredAt }) => occurredAt)).toEqual(
      all
        .map(({ occurredAt }) => occurredAt)
        .sort()
        .reverse(),
    );
    const mine = await entries(world, `&actor=${colleague.id}`);
    expect(mine.map(({ after }) => after)).toEqual([{ name: 'three' }, { name: 'two' }, { name: 'one' }]);
    expect(await entries(world, `&subject=${inbox.id}&action=inbox.updated`)).toEqual(mine);
    expect(await entries(world, `&subject=${inbox.id}`)).toHaveLength(4);
    expect(await entries(world, `&action=inbox.created&actor=${colleague.id}`)).toEqual([]);
    const [last, middle, first] = mine;
    const between = `&subject=${inbox.id}&from=${first!.occurredAt}&to=${last!.occurredAt}`;
    expect(await entries(world, between)).toEqual(expect.arrayContaining([middle]));
    const seen: AuditEventResponse[] = [];
    for (let cursor: string | null = null; ;) {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { body } = await app.call('get', `/audit-events?limit=2${query}`, world.admin).expect(200);
      const page = body as { data: AuditEventResponse[]; nextCursor: string | null };
      seen.push(...page.data);
      cursor = page.nextCursor;
      if (cursor === null) break;
    }
    expect(seen).toEqual(all);
  });

  it('has no entry of a change that changes nothing, or that is refused', async () => {
    const world = await World.create(app);
    const { id, name } = await world.inbox();
    await world.inbox({ name: 'Taken' });
    const before = await entries(world);
    await app.call('patch', `/inboxes/${id}`, world.admin).send({ name }).expect(200);
    await app.call('patch', `/inboxes/${id}`, world.admin).send({ name: 'taken' }).expect(409);
    expect(await entries(world)).toEqual(before);
  });

  it('has one entry of a request that is repeated with its Idempotency-Key', async () => {
    const world = await World.create(app);
    const request = () =>
      app
        .call('post', '/inboxes', world.admin)
        .send({ name: 'Again' })
        .set('Idempotency-Key', 'again')
        .expect(201);
    const { id } = (await request()).body as { id: string };
    await request();
    expect(await entries(world, `&subject=${id}`)).toHaveLength(1);
  });
});

it('an entry can be written and read, and not be changed or deleted', async () => {
  const rights = await app.database.rows<{ right: string }>(`
    select privilege_type as right from information_schema.role_table_grants
    where table_name = 'audit_events' and grantee = 'inbox_app' order by 1`);
  expect(rights.map(({ right }) => right)).toEqual(['INSERT', 'SELECT']);
});
