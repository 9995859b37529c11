import { Database } from '../src/database/database.js';
import { sql } from '../src/database/statement.js';
import { TestApplication } from './support/application.js';
import { fillTenant, type FullTenant } from './support/full-tenant.js';
import { tenancyCases } from './support/tenancy-cases.js';
import { leaveOutPolicies, leaveOutPredicates, leaveOutPredicatesOf } from './support/without-predicates.js';
import { World } from './support/world.js';

describe('case 16, when the database has no policies: rows of another tenant', () => {
  let app: TestApplication;
  tenancyCases((started) => {
    app = started;
    return leaveOutPolicies(app.database);
  });

  it('was readable without a tenant', async () => {
    const tenants = sql`select count(distinct tenant_id)::integer as count from conversations`;
    const [seen] = await app.nest.get(Database).call<{ count: number }>(null, tenants, []);
    expect(seen!.count).toBeGreaterThan(1);
  });
});

describe('when the application names no tenant and the database has no policies', () => {
  let app: TestApplication;
  let mine: FullTenant;
  let foreign: FullTenant;
  beforeAll(async () => {
    app = await TestApplication.start();
    mine = await fillTenant(await World.create(app), 'mine');
    foreign = await fillTenant(await World.create(app), 'foreign');
    await leaveOutPredicatesOf(app.database);
    await leaveOutPolicies(app.database);
    leaveOutPredicates();
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await app.stop();
  });

  it.each<[string, () => string, () => string]>([
    ['a conversation', () => `/conversations/${foreign.held.id}`, () => foreign.held.id],
    ['its history', () => `/conversations/${foreign.held.id}/history`, () => foreign.held.id],
    [
      'a filter by phone number',
      () => `/conversations?state=RESOLVED&customerPhoneNumber=${encodeURIComponent(foreign.customerPhone)}`,
      () => foreign.resolved.id,
    ],
    [
      'a filter by an id',
      () => `/conversations?state=ALLOCATED&inboxId=${foreign.inbox.id}`,
      () => foreign.held.id,
    ],
    ['a search for a lead', () => `/leads?email=${foreign.leadEmail}`, () => foreign.leadId],
    ['an inbox', () => `/inboxes/${foreign.inbox.id}`, () => foreign.inboxPhone],
    ['a list', () => '/operators', () => foreign.operator.id],
  ])('%s shows another tenant, so that the cases can fail', async (_what, path, secret) => {
    const { text } = await app.call('get', path(), mine.world.admin).expect(200);
    expect(text).toContain(secret());
  });

  it('a change affects another tenant, so that the cases can fail for changes too', async () => {
    const rename = app.call('patch', `/labels/${foreign.labelId}`, mine.world.admin);
    await rename.send({ name: 'Taken over' }).expect(200);
    const label = 'select name from labels where tenant_id = $1';
    expect(await app.database.rows(label, [foreign.world.tenantId])).toEqual([{ name: 'Taken over' }]);
  });
});
