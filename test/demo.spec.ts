import { DataSource } from 'typeorm';
import { migrationDataSource } from '../src/database/data-source.js';
import { Database } from '../src/database/database.js';
import { DEMO } from '../src/demo/demo-data.js';
import { TEAM } from '../src/demo/demo-team.js';
import { pastDay } from '../src/demo/past-day.js';
import { deleteTenant } from '../src/demo/delete-tenant.js';
import type { Board } from '../src/board/board.js';
import { DistributionSweep } from '../src/distribution/distribution-sweep.js';
import { ActivityFold } from '../src/stats/activity-fold.js';
import { OverdueWaits } from '../src/waits/overdue-waits.js';
import { TestApplication } from './support/application.js';
import { page } from './support/pages.js';
import { fillTenant } from './support/full-tenant.js';
import { runBuilt } from './support/migrating.js';
import { serviceVariables } from './support/settings.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeEach(async () => {
  app = await TestApplication.start();
});
afterEach(() => app.stop());

const NAMED = `tenant "Demo Tenant" (${DEMO.tenant.id})`;
const TEAM_NAMED = `tenant "Demo Team" (${TEAM.tenant.id})`;
const CONVERSATIONS = pastDay().length + TEAM.present.length;
const LOADED = [
  `Loaded the ${NAMED}: 4 operators, 3 inboxes, 7 conversations.`,
  `Loaded the ${TEAM_NAMED}: 8 operators, 3 inboxes, ${CONVERSATIONS} conversations.`,
];

const demo = (args: string[] = [], changes: Record<string, string> = {}) =>
  runBuilt('demo/load-demo-data.js', args, serviceVariables(app.database.url, changes));

/** How many rows the tenant has in each table that has any. */
async function rowsOf(tenantId: string): Promise<Record<string, number>> {
  const tables = await app.database.rows<{ name: string; key: string }>(`
    select c.relname as name, case c.relname when 'tenants' then 'id' else 'tenant_id' end as key from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and c.relname not in ('migrations', 'sql_files')`);
  const found: Record<string, number> = {};
  for (const { name, key } of tables) {
    const rows = await app.database.rows(`select 1 from ${name} where ${key} = $1`, [tenantId]);
    if (rows.length > 0) found[name] = rows.length;
  }
  return found;
}

describe('demo', () => {
  it('loads the demo tenants once, even next to other tenants', async () => {
    await World.create(app);
    expect(await demo(['--if-empty'])).toMatchObject({
      code: 0,
      said: ['The database has tenants already. Nothing was loaded.'],
    });
    expect(await demo()).toMatchObject({ code: 0, said: LOADED });
    expect(await demo()).toMatchObject({
      code: 0,
      said: [NAMED, TEAM_NAMED].map((name) => `The ${name} exists already. Use --reset to create it again.`),
    });
    expect(Object.keys(await rowsOf(TEAM.tenant.id))).not.toEqual([]);
  });

  it('deletes the demo tenants with all their rows and loads them again', async () => {
    await demo();
    const fresh = await rowsOf(DEMO.tenant.id);
    const [olivia, ada] = [DEMO.operators[0]!, DEMO.operators[3]!].map(({ id }) => ({
      'x-tenant-id': DEMO.tenant.id,
      'x-operator-id': id,
    }));
    const carla = DEMO.conversations[0]!.id;
    await app.call('post', '/allocation/claim', olivia).send({ conversationId: carla }).expect(200);
    await app.call('post', '/api-keys', ada).send({ name: 'shop' }).expect(201);
    await app.call('get', '/events', ada).expect(200);
    expect(await rowsOf(DEMO.tenant.id)).not.toEqual(fresh);

    expect(await demo(['--reset', '--yes'])).toMatchObject({ code: 0, said: LOADED });

    expect(await rowsOf(DEMO.tenant.id)).toEqual(fresh);
    const { body } = await app.call('get', `/conversations/${carla}`, ada).expect(200);
    expect(body).toMatchObject({ state: 'QUEUED', version: 1 });
    expect(await runBuilt('verification/verify.js', [], serviceVariables(app.database.url))).toMatchObject({
      code: 0,
      said: ['2 tenants verified: no breach.'],
    });
  });

  it('loads it when there is nothing to delete', async () => {
    expect(await demo(['--reset'])).toMatchObject({ code: 0, said: LOADED });
  });

  it('deletes nothing without a yes', async () => {
    await demo();
    const before = await rowsOf(DEMO.tenant.id);
    const { code, told } = await demo(['--reset']);
    expect(code).toBe(1);
    expect(told.join()).toContain(
      `This deletes the ${NAMED} and the ${TEAM_NAMED} with all data from database `,
    );
    expect(await rowsOf(DEMO.tenant.id)).toEqual(before);
  });

  it('is refused in production', async () => {
    const { code, told } = await demo(['--reset', '--yes'], { NODE_ENV: 'production' });
    expect({ code, told }).toEqual({
      code: 1,
      told: ['NODE_ENV is production: the demo tenant does not belong among real tenants'],
    });
  });
});

describe('the team', () => {
  const miriam = { 'x-tenant-id': TEAM.tenant.id, 'x-operator-id': TEAM.supervisorId };
  const verified = async () =>
    (await runBuilt('verification/verify.js', [], serviceVariables(app.database.url))).said;
  /** How many conversations are in each state. */
  const states = () =>
    app.database.rows<{ state: string; count: number }>(
      'select state, count(*)::integer as count from conversations where tenant_id = $1 group by state order by state',
      [TEAM.tenant.id],
    );

  it('has a ledger that is as if its day had happened', async () => {
    await demo();
    expect(await verified()).toEqual(['2 tenants verified: no breach.']);
    expect(await states()).toEqual([
      { state: 'ALLOCATED', count: 10 },
      { state: 'QUEUED', count: 6 },
      { state: 'RESOLVED', count: pastDay().length },
    ]);

    // The feed tells it in the order in which it happened, and the statistics are folded from it.
    const times: string[] = [];
    for (let after = '', hasMore = true; hasMore;) {
      const query = { limit: 100, ...(after === '' ? {} : { after }) };
      const events = await page<{ occurredAt: string }>(app, '/events', miriam, query);
      times.push(...events.data.map(({ occurredAt }) => occurredAt));
      hasMore = events.hasMore;
      after = events.nextCursor ?? '';
    }
    expect(times.length).toBeGreaterThan(3 * 300);
    expect(times).toEqual([...times].sort());
    await app.run(ActivityFold);
    expect(await verified()).toEqual(['2 tenants verified: no breach.']);
    const operators = await page<{ transitions: { resolved: number } }>(app, '/stats/operators', miriam);
    expect(operators.data.filter(({ transitions }) => transitions.resolved > 10).length).toBeGreaterThan(4);
  });

  it('shows something of everything on the board', async () => {
    await demo();
    await app.run(OverdueWaits);
    const { body } = await app.call('get', '/board', miriam).expect(200);
    const { inboxes, operators, attention } = body as Board;
    expect(inboxes.map(({ name, waiting }) => [name, waiting])).toEqual([
      ['Chat on the web site', 0],
      ['Sales', 2],
      ['Support', 4],
    ]);
    for (const { arrivals, given, resolved } of inboxes)
      for (const count of [arrivals, given, resolved]) expect(count).toBeGreaterThan(1);
    expect(operators.map(({ status }) => status).sort()).toEqual([
      ...['AVAILABLE', 'AVAILABLE', 'AVAILABLE', 'AVAILABLE'],
      ...['OFFLINE', 'OFFLINE', 'OFFLINE', 'PAUSED'],
    ]);
    expect(operators.find(({ status }) => status === 'PAUSED')).toMatchObject({
      reason: 'Lunch',
      parked: 1,
      load: 1,
    });
    expect(attention.map(({ kind }) => kind).sort()).toEqual([
      'GRACE_ENDING',
      'GRACE_ENDING',
      'OVER_TARGET',
      'UNANSWERED',
    ]);
    expect(await verified()).toEqual(['2 tenants verified: no breach.']);
  });

  it('works on from there', async () => {
    await demo();
    const nadia = { 'x-tenant-id': TEAM.tenant.id, 'x-operator-id': TEAM.operators[2]!.id };
    const { body } = await app.call('post', '/allocation/allocate', nadia).send({}).expect(200);
    expect(body.conversation).toMatchObject({ displayName: 'Theodora Papadopoulou', version: 2 });
    const done = { conversationId: body.conversation.id };
    await app.call('post', '/allocation/resolve', nadia).send(done).expect(200);
    await app.run(DistributionSweep);
    expect(await verified()).toEqual(['2 tenants verified: no breach.']);
  });
});

describe('deleting a tenant', () => {
  it('deletes its rows in every table and no row of another tenant', async () => {
    const doomed = await fillTenant(await World.create(app), 'doomed');
    const neighbour = await fillTenant(await World.create(app), 'neighbour');
    const before = await rowsOf(neighbour.world.tenantId);
    expect(Object.keys(await rowsOf(doomed.world.tenantId))).toEqual(Object.keys(before));

    const source = await new DataSource(migrationDataSource({ adminUrl: app.database.url })).initialize();
    try {
      const { tenantId } = doomed.world;
      await new Database(source).inTenant(tenantId, (tx) => deleteTenant(tx, tenantId));
    } finally {
      await source.destroy();
    }

    expect(await rowsOf(doomed.world.tenantId)).toEqual({});
    expect(await rowsOf(neighbour.world.tenantId)).toEqual(before);
  });
});
