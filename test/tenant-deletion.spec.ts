import { TenantDeletion } from '../src/tenants/tenant-deletion.js';
import { TestApplication } from './support/application.js';
import { digestOf, fillTenant, TENANT_TABLES } from './support/full-tenant.js';
import { messageTo, reportBatch } from './support/messages.js';
import { refused } from './support/refused.js';
import { ServiceProcess } from './support/service-process.js';
import { PLATFORM_KEY } from './support/settings.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

const PLATFORM = { Authorization: `Bearer ${PLATFORM_KEY}` };
const CONVERSATIONS = 2_000;

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const platform = (method: 'get' | 'patch' | 'delete', { tenantId }: World) =>
  app.call(method, `/tenants/${tenantId}`, PLATFORM);
const suspend = (world: World) => platform('patch', world).send({ isSuspended: true }).expect(200);

/** A tenant with rows in every table, thousands of conversations, leads that were merged, and a circle of inboxes. */
async function full(word: string): Promise<World> {
  const world = await World.create(app);
  const { inbox } = await fillTenant(world, word);
  const other = await world.inbox();
  for (let batch = 0; batch < CONVERSATIONS / 1_000; batch++) {
    const messages = Array.from({ length: 1_000 }, (_, n) =>
      messageTo(inbox, { messageId: `m-${n}`, lead: { externalId: `bulk-${batch}-${n}` } }),
    );
    await reportBatch(world, messages);
  }
  await app.database.rows(
    `with ranked as (
      select id, lag(id) over (order by id) as into_id, row_number() over (order by id) as n from leads
      where tenant_id = $1 and external_id like 'bulk-%')
    update leads l set merged_into_id = r.into_id from ranked r
    where l.tenant_id = $1 and l.id = r.id and r.n between 2 and 20`,
    [world.tenantId],
  );
  await app.database.rows(
    `update inboxes set redirect_to_inbox_id = case id when $2 then $3::uuid else $2::uuid end
    where tenant_id = $1 and id in ($2, $3)`,
    [world.tenantId, inbox.id, other.id],
  );
  return world;
}

async function rowsLeft({ tenantId }: World): Promise<Record<string, number>> {
  const counts = [...TENANT_TABLES.map((table) => [table, 'tenant_id']), ['tenants', 'id']].map(
    ([table, key]) => `select '${table}' as name, count(*)::integer as rows from ${table} where ${key} = $1`,
  );
  const rows = await app.database.rows<{ name: string; rows: number }>(counts.join(' union all '), [
    tenantId,
  ]);
  return Object.fromEntries(rows.filter((row) => row.rows > 0).map(({ name, rows: count }) => [name, count]));
}

it('only a suspended tenant can be deleted, once', async () => {
  const world = await World.create(app);
  await refused(platform('delete', world), 'TENANT_NOT_SUSPENDED');
  await app.call('get', '/tenant', world.admin).expect(200);
  await suspend(world);
  await refused(app.call('delete', `/tenants/${world.tenantId}`, world.admin), 'TENANT_SUSPENDED');
  await platform('delete', world).expect(202);
  await refused(platform('delete', world), 'NOT_FOUND');
  await refused(platform('get', world), 'NOT_FOUND');
  await refused(platform('patch', world).send({ isSuspended: false }), 'NOT_FOUND');
  await refused(
    app.call('post', `/tenants/${world.tenantId}/admins`, PLATFORM).send({ name: 'Ada' }),
    'NOT_FOUND',
  );
  await refused(app.call('get', '/tenant', world.admin), 'UNAUTHENTICATED');
  const { body } = await app.call('get', '/tenants?limit=100', PLATFORM).expect(200);
  expect(JSON.stringify(body)).not.toContain(world.tenantId);
});

it('everything of a deleted tenant goes, in bounded batches, and nothing of another', async () => {
  const [gone, stays] = [await full('gone'), await full('stays')];
  const before = await digestOf(stays);
  expect(Object.keys(await rowsLeft(gone)).sort()).toEqual([...TENANT_TABLES, 'tenants'].sort());
  await suspend(gone);
  await app.database.rows('update tenants set deleted_at = now() where id = $1', [gone.tenantId]);
  const total = Object.values(await rowsLeft(gone)).reduce((sum, rows) => sum + rows, 0);
  expect(total).toBeGreaterThan(3 * CONVERSATIONS);
  expect(await app.run(TenantDeletion)).toBe(total - 1);
  expect(await rowsLeft(gone)).toEqual({});
  expect(await digestOf(stays)).toBe(before);
});

it('an instance that is killed in between is continued by another', async () => {
  const world = await full('killed');
  await suspend(world);
  const count = async () => Object.values(await rowsLeft(world)).reduce((sum, rows) => sum + rows, 0);
  const total = await count();
  const env = { UNFINISHED_CHANGES_INTERVAL_SECONDS: '1' };
  const first = await ServiceProcess.start(app.database.url, env);
  await app.database.rows('update tenants set deleted_at = now() where id = $1', [world.tenantId]);
  await until(async () => (await count()) < total - 1_000);
  await first.stop('SIGKILL');
  const left = await count();
  expect(left).toBeGreaterThan(0);
  await app.run(TenantDeletion);
  expect(await rowsLeft(world)).toEqual({});
});

it('the deletion is for deleted tenants only, and for the rows of one', async () => {
  const world = await World.create(app);
  const [row] = await app.database.rows<{ deleted: number }>(
    'select delete_tenant_rows($1, 1000) as deleted',
    [world.tenantId],
  );
  expect(row).toEqual({ deleted: 0 });
  await app.call('get', '/tenant', world.admin).expect(200);
});

describe('the list of tables', () => {
  const FORGOTTEN = `
    select c.relname as name from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
    join pg_proc p on p.pronamespace = c.relnamespace and p.proname = 'delete_tenant_rows'
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not (
      has_table_privilege('inbox_platform', c.oid, 'select, delete') and has_table_privilege('inbox_platform', c.oid, 'delete')
      and position('[''' || c.relname || '''' in p.prosrc) > 0)`;
  const TOO_EARLY = `
    select k.conname as name from pg_constraint k
    join pg_class referred on referred.oid = k.confrelid
    join pg_class referrer on referrer.oid = k.conrelid
    join pg_proc p on p.pronamespace = 'public'::regnamespace and p.proname = 'delete_tenant_rows'
    where k.contype = 'f' and k.conrelid <> k.confrelid and referred.relname <> 'tenants'
      and position('[''' || referred.relname || '''' in p.prosrc) < position('[''' || referrer.relname || '''' in p.prosrc)`;

  beforeEach(() => app.database.rows('begin'));
  afterEach(() => app.database.rows('rollback'));

  it('has every table, each after those that refer to it', async () => {
    expect(await app.database.rows(FORGOTTEN)).toEqual([]);
    expect(await app.database.rows(TOO_EARLY)).toEqual([]);
  });

  it('is checked', async () => {
    await app.database.rows(`
      create table notes (tenant_id uuid, id uuid);
      alter table audit_events add constraint notes_fk foreign key (tenant_id, subject_id) references operators not valid`);
    expect(await app.database.rows(FORGOTTEN)).toEqual([{ name: 'notes' }]);
    expect(await app.database.rows(TOO_EARLY)).toEqual([{ name: 'notes_fk' }]);
  });
});
