import { DataSource, type Repository } from 'typeorm';
import { getRepositoryToken } from '@nestjs/typeorm';
import { Database } from '../src/database/database.js';
import { Inbox } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { World } from './support/world.js';

/** Tables whose rows only statements read and write. */
const WITHOUT_ENTITY: Record<string, string> = {
  bulk_items: 'planned in one statement, taken and finished by statements of the run',
  bulk_plans: 'planned in one statement, run and cancelled by statements',
  audit_events: 'written with each change of the configuration, never changed',
  event_tickets: 'made and used up in one statement',
  conversations: 'changed by transitions, read through the view conversation_details',
  conversation_events:
    'the ledger: written with each transition, read by the feed in the order of its positions',
  feed_backlog: 'filled and emptied with the ledger',
  feed_positions: 'filled with the ledger',
  folded_up_to: 'statistics, folded by a function',
  activity_series: 'statistics, folded by a function',
  activity_totals: 'statistics, folded by a function',
  queue_depths: 'statistics, folded by a function',
  outlooks: 'kept and folded by functions',
  outlook_paces: 'folded by a function',
  outlook_progress: 'folded by a function',
  resolution_times: 'statistics, folded by a function',
  ended_waits: 'statistics, folded by a function',
  first_replies: 'statistics, filled by the function that ingests',
  idempotency_keys: 'claimed and stored by functions',
  processed_messages: 'filled by the function that ingests',
  former_phone_keys: 'filled by the function that ingests',
  leads: 'created and changed by messages, changed and merged by functions, read with their external ids',
  lead_keys: 'filled by messages',
  left_leads: 'filled by the function that ingests, emptied by the retention',
  retention_progress: 'written and read by the function of the retention',
  search_backlog: 'filled by the function that ingests, emptied by the index of the search',
  search_texts: 'filled by the index of the search, read by a function',
  declines: 'written and read by transitions',
  unattended_inboxes: 'written by the sweep of attendance',
  missed_acceptances: 'counted by the expiry of deadlines',
  operator_presence: 'renewed in one statement, read by functions',
  presence_sweeps: 'written by the sweep of presences',
  rate_limits: 'counted in one statement',
  signed_requests: 'noted in one statement',
  migrations: 'belongs to the migrator',
  sql_files: 'belongs to the migrator',
};

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

interface Column {
  table: string;
  name: string;
  type: string;
  nullable: boolean;
  in_key: boolean;
}

/**
 * Columns of tables and views as the catalogue has them. The catalogue does not know which columns of a view are never
 * null.
 */
const COLUMNS = `
  select c.relname as "table", a.attname as name, format_type(a.atttypid, null) as type, not a.attnotnull as nullable,
    exists (select 1 from pg_constraint k where k.conrelid = c.oid and k.contype = 'p' and a.attnum = any (k.conkey)) as in_key
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v')`;

const TYPES: Record<string, string> = { timestamptz: 'timestamp with time zone', 'text[]': 'text[]' };

describe('the entities', () => {
  it('have the columns of their tables, with the same types, nulls and keys', async () => {
    const columns = await app.database.rows<Column>(COLUMNS);
    const entities = app.nest
      .get(DataSource)
      .entityMetadatas.filter(({ tableType }) => tableType === 'regular');
    const faults = entities.flatMap(({ tableName, columns: mapped, primaryColumns }) => {
      const real = columns.filter(({ table }) => table === tableName);
      const keys = primaryColumns.map(({ databaseName }) => databaseName).sort();
      const wrong = mapped.flatMap(({ databaseName, type, isArray, isNullable }) => {
        const column = real.find(({ name }) => name === databaseName);
        if (column === undefined) return [`${tableName}.${databaseName} is not there`];
        const declared = `${String(type)}${isArray ? '[]' : ''}`;
        return (TYPES[declared] ?? declared) === column.type && isNullable === column.nullable
          ? []
          : [`${tableName}.${databaseName} is ${column.type}${column.nullable ? ', may be null' : ''}`];
      });
      const realKeys = real.filter(({ in_key }) => in_key).map(({ name }) => name);
      if (realKeys.sort().join() !== keys.join()) wrong.push(`the key of ${tableName} is ${realKeys.join()}`);
      return wrong;
    });
    expect(entities.length).toBeGreaterThan(9);
    expect(faults).toEqual([]);
  });

  it('have every required column', async () => {
    const required = await app.database.rows<{ table: string; name: string }>(`
      select c.relname as "table", a.attname as name from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attnotnull and not a.atthasdef
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')`);
    const entities = app.nest.get(DataSource).entityMetadatas;
    const missing = required.filter(({ table, name }) => {
      const entity = entities.find(({ tableName }) => tableName === table);
      return entity !== undefined && entity.columns.every(({ databaseName }) => databaseName !== name);
    });
    // Deliveries are made by the statement that fans out.
    expect(missing.filter(({ table }) => table !== 'webhook_deliveries')).toEqual([]);
  });

  it('match the view of conversations', async () => {
    const columns = await app.database.rows<Column>(COLUMNS);
    const [view, ...others] = app.nest
      .get(DataSource)
      .entityMetadatas.filter(({ tableType }) => tableType === 'view');
    expect(others).toEqual([]);
    const real = columns.filter(({ table }) => table === view!.tableName).map(({ name }) => name);
    expect(view!.columns.map(({ databaseName }) => databaseName).sort()).toEqual(real.sort());
  });

  it('are there for every table, or it is said why not', async () => {
    const tables = await app.database.rows<{ name: string }>(`select relname as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')`);
    const mapped = app.nest
      .get(DataSource)
      .entityMetadatas.filter(({ tableType }) => tableType === 'regular')
      .map(({ tableName }) => tableName);
    expect([...mapped, ...Object.keys(WITHOUT_ENTITY)].sort()).toEqual(tables.map(({ name }) => name).sort());
  });

  it('make no tables and no views', async () => {
    const source = app.nest.get(DataSource);
    expect(source.options.synchronize).toBe(false);
    expect(source.options.migrations ?? []).toEqual([]);
    expect(
      source.entityMetadatas.filter(({ tableType, synchronize }) => tableType === 'view' && synchronize),
    ).toEqual([]);
  });
});

describe('an injected repository', () => {
  const inboxes = () => app.nest.get<Repository<Inbox>>(getRepositoryToken(Inbox), { strict: false });

  it('works in the transaction of the tenant that is open around it', async () => {
    const [mine, other] = [await World.create(app), await World.create(app)];
    const inbox = await mine.inbox();
    await other.inbox();
    const database = app.nest.get(Database);
    // Whatever it is asked for, row-level security leaves the rows of the tenant.
    const found = await database.inTenant(mine.tenantId, () => inboxes().find());
    expect(found.map(({ id }) => id)).toEqual([inbox.id]);
    const failed = database.inTenant(mine.tenantId, async () => {
      await inboxes().update({ tenantId: mine.tenantId, id: inbox.id }, { name: 'Undone' });
      throw new Error('on purpose');
    });
    await expect(failed).rejects.toThrow('on purpose');
    const [row] = await app.database.rows<{ name: string }>('select name from inboxes where id = $1', [
      inbox.id,
    ]);
    expect(row!.name).not.toBe('Undone');
  });

  it('works in the inner one of two, and in the outer one again afterwards', async () => {
    const [outer, inner] = [await World.create(app), await World.create(app)];
    await outer.inbox();
    await inner.inbox();
    const database = app.nest.get(Database);
    const tenants = await database.inTenant(outer.tenantId, async () => {
      const within = await database.inTenant(inner.tenantId, () => inboxes().find());
      return [...within, ...(await inboxes().find())].map(({ tenantId }) => tenantId);
    });
    expect(tenants).toEqual([inner.tenantId, outer.tenantId]);
  });

  it('refuses to work anywhere else', async () => {
    await expect(async () => inboxes().find()).rejects.toThrow('only inside of Database.inTenant');
    const database = app.nest.get(Database);
    await database.atomically(null, async () => {
      await expect(async () => inboxes().find()).rejects.toThrow('only inside of Database.inTenant');
    });
  });
});
