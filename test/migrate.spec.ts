import { MIGRATIONS } from '../src/database/migrations.js';
import { EARLIER_MIGRATIONS } from '../migrations/support/adopt-earlier-database.js';
import { TestDatabase } from './support/database.js';
import { migrate, revertTo, runBuilt } from './support/migrating.js';
import { serviceVariables } from './support/settings.js';
import { until } from './support/until.js';

let database: TestDatabase;
beforeEach(async () => {
  database = await TestDatabase.create();
});
afterEach(async () => {
  await database.close();
});

const LAST = MIGRATIONS.at(-1)!.name;

/** What a service of this build says at its start: its one line, when it does not start. */
async function start(changes: Record<string, string> = {}) {
  const { code, told } = await runBuilt('main.js', [], serviceVariables(database.url, changes));
  return { code, told };
}

async function empty(): Promise<void> {
  await database.rows('drop schema public cascade; create schema public');
}

describe('db:run', () => {
  it('succeeds twice at once, and does everything once', async () => {
    await empty();
    // Both are held up until both are there.
    const first = await database.session();
    const lock = `hashtextextended('inbox-allocation-service migrations', 0)`;
    await first.query(`select pg_advisory_lock(${lock})`);
    const running = [migrate(database, ['run']), migrate(database, ['run'])];
    const waiting = `select 1 from pg_locks where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())`;
    await until(async () => (await database.rows(waiting)).length === running.length);
    await first.query(`select pg_advisory_unlock(${lock})`);
    const runs = await Promise.all(running);
    expect(runs.map(({ code, said }) => `${code} ${said.join(' ')}`).sort()).toEqual([
      '0 The schema is up to date.',
      '0 The schema is what this version needs.',
    ]);
    const steps = runs.flatMap(({ told }) => told);
    const waits = '• waiting for another migration of this database to end';
    expect(steps.filter((step) => step === waits)).toHaveLength(2);
    expect(steps.filter((step) => step.endsWith(LAST))).toHaveLength(1);
    expect(await database.rows('select name from migrations order by timestamp')).toEqual(
      MIGRATIONS.map(({ name }) => ({ name })),
    );
  });

  it('prints its steps', async () => {
    await empty();
    const { told } = await migrate(database, ['run']);
    expect(told).toEqual([
      ...MIGRATIONS.map(({ name }, i) => `• migration ${i + 1} of ${MIGRATIONS.length}: ${name}`),
      expect.stringMatching(/^• applied (\d+) of \1 functions and views$/),
    ]);
  });

  it('leaves nothing of a failed migration', async () => {
    // Its table can be made again, but not the constraints of it.
    await database.rows(`
      delete from migrations where name = 'Webhooks1795600006000'; alter table webhooks rename to other_webhooks`);
    const { code, told } = await migrate(database, ['run']);
    expect({ code, last: told.at(-1) }).toEqual({ code: 1, last: 'relation "webhooks_pk" already exists' });
    const [left] = await database.rows(`
      select to_regclass('webhooks') as made, (
        select count(*)::int from migrations where name = 'Webhooks1795600006000') as recorded`);
    expect(left).toEqual({ made: null, recorded: 0 });
  });

  it.each([['--help'], ['run', '--help'], ['revert', '--help']])(
    '%s %s prints the usage and does nothing else',
    async (...args) => {
      const { code, said, told } = await migrate(database, args.filter(Boolean));
      expect({ code, told }).toEqual({ code: 0, told: [] });
      expect(said[0]).toContain('db:run, db:status and db:revert');
    },
  );

  it.each([['walk'], ['run', 'away'], ['run', '--all'], ['status', '--yes']])(
    'refuses %s %s and prints the usage',
    async (...args) => {
      const { code, said, told } = await migrate(database, args.filter(Boolean));
      expect({ code, said }).toEqual({ code: 1, said: [] });
      expect(told[0]).toContain('db:run, db:status and db:revert');
    },
  );
});

describe('a schema of another version', () => {
  const NEWER = `insert into migrations (timestamp, name) values (1999999999999, 'Later1999999999999')`;
  const NEWER_LINE =
    'the database has a newer schema than this version (Later1999999999999): use the version that created it';
  const OLDER_LINE =
    'the database has an older schema than this version: run the migrations first (pnpm run db:run, or node dist/src/database/migrate.js run)';

  it('that is newer is refused by db:run', async () => {
    await database.rows(NEWER);
    const before = await database.rows('select * from sql_files order by name');
    expect(await migrate(database, ['run'])).toEqual({ code: 1, said: [], told: [NEWER_LINE] });
    expect(await database.rows('select * from sql_files order by name')).toEqual(before);
  });

  it.each([
    ['a migration', `delete from migrations where name = '${LAST}'`],
    ['a function', `delete from sql_files where name = 'waiting_by_inbox'`],
    [
      'everything',
      'drop schema public cascade; create schema public; grant usage on schema public to public',
    ],
  ])('stops the service when it lacks %s', async (_what, change) => {
    await database.rows(change);
    expect(await start()).toEqual({ code: 1, told: [OLDER_LINE] });
  });

  it('is not adopted with only some of the earlier migrations', async () => {
    await empty();
    await database.rows(
      `create table migrations (id serial primary key, timestamp bigint, name text);
      insert into migrations (timestamp, name) values (1, '${EARLIER_MIGRATIONS[0]}')`,
    );
    expect(await migrate(database, ['run'])).toEqual({
      code: 1,
      said: [],
      told: [
        'the database has 1 of the 32 migrations from before the first release: run the remaining ones with the ' +
          'version that made them, then run this version',
      ],
    });
  });
});

describe('db:status', () => {
  it('reports that nothing is missing', async () => {
    const { code, said } = await migrate(database, ['status']);
    expect({ code, last: said.at(-1) }).toEqual({ code: 0, last: 'The schema is up to date.' });
    expect(said.slice(0, -1)).toEqual(MIGRATIONS.map(({ name }) => `[x] ${name}`));
  });

  it('lists what is missing, changed or left over', async () => {
    await database.rows(
      `delete from migrations where name = '${LAST}';
      delete from sql_files where name = 'queue_cap';
      update sql_files set hash = 'another' where name = 'queue_basis';
      insert into sql_files (name, kind, hash) values ('of_yore', 'function', '')`,
    );
    const { code, said } = await migrate(database, ['status']);
    expect(code).toBe(1);
    expect(said.slice(MIGRATIONS.length - 1)).toEqual([
      `[ ] ${LAST}`,
      '[ ] queue_cap.sql',
      '[ ] queue_basis.sql, which has changed',
      '[ ] of_yore, which no longer has a file',
      'The database is not up to date. Run db:run to update it.',
    ]);
  });
});

describe('db:revert', () => {
  async function newest(): Promise<unknown> {
    const [row] = await database.rows<{ name: string }>(
      'select name from migrations order by timestamp desc limit 1',
    );
    return row?.name;
  }

  it('drops nothing without --yes when it cannot ask', async () => {
    const { code, told } = await migrate(database, ['revert', '--all']);
    expect(code).toBe(1);
    expect(told).toEqual([
      expect.stringMatching(
        /^This drops the tables of .*with all their data\. There is no terminal for a confirmation\. Use --yes/,
      ),
      'Nothing was reverted.',
    ]);
    await database.rows('select 1 from webhooks');
  });

  it('reverts the last migration, and db:run applies it again', async () => {
    expect(await migrate(database, ['revert', '--yes'])).toMatchObject({
      code: 0,
      said: ['Reverted 1 migration.'],
    });
    expect(await newest()).toEqual(MIGRATIONS.at(-2)!.name);
    expect(await migrate(database, ['run'])).toMatchObject({ code: 0 });
    expect(await newest()).toEqual(LAST);
  });
});

describe('encrypted secrets', () => {
  it('keep the migration that allows them from being reverted', async () => {
    const tenant = '019c8f00-0000-7000-8000-000000000001';
    await database.rows(
      `insert into tenants (id, name, alpha, beta, grace_period_seconds) values ('${tenant}', 'T', 1, 1, 0);
       insert into operators (tenant_id, id, name, role) values ('${tenant}', '${tenant}', 'Ada', 'ADMIN');
       insert into webhooks (tenant_id, id, url, secret, created_by)
       values ('${tenant}', '${tenant}', 'https://hooks.example.com/', 'sealed:a:AAAA', '${tenant}')`,
    );
    await revertTo(database, MIGRATIONS.findIndex(({ name }) => name.startsWith('SealedSecrets')) + 1);
    expect(await migrate(database, ['revert', '--yes'])).toMatchObject({ code: 1 });
    expect(await database.rows('select secret from webhooks')).toEqual([{ secret: 'sealed:a:AAAA' }]);
    await database.rows(`update webhooks set secret = 'whsec_x'`);
    expect(await migrate(database, ['revert', '--yes'])).toMatchObject({ code: 0 });
  });
});

describe('names that collide when they become unique', () => {
  const tenant = '019c8f00-0000-7000-8000-000000000001';
  const idOf = (place: number) => `019c8f00-0000-7000-8000-${String(place).padStart(12, '0')}`;
  const namesOf = (table: string) => database.rows(`select name from ${table} order by id`);
  const named = (...names: string[]) => names.map((name) => ({ name }));

  it('are kept, the later ones with a number', async () => {
    // To before names had to be unique.
    await revertTo(
      database,
      MIGRATIONS.findIndex(({ name }) => name.startsWith('UniqueNames')),
    );
    await database.rows(
      `insert into tenants (id, name, alpha, beta, grace_period_seconds) values ($1, 'T', 1, 1, 0)`,
      [tenant],
    );
    const insert = async (table: string, columns: string, names: string[], more: string[]) => {
      for (const [i, name] of names.entries())
        await database.rows(
          `insert into ${table} (tenant_id, id, name${columns}) values ($1, $2, $3${more.map((id) => `, '${id}'`).join('')})`,
          [tenant, idOf(i + 1), name],
        );
    };
    await insert('inboxes', '', ['Support', 'Sales', 'SUPPORT (2)', ' support', 'Support'], []);
    const long = 'x'.repeat(255);
    await insert(
      'labels',
      ', inbox_id',
      ['VIP', 'vip', 'V I P', 'v\u00a0i  p ', long, long.toUpperCase()],
      [idOf(1)],
    );
    await database.rows(`insert into labels (tenant_id, id, inbox_id, name) values ($1, $2, $3, 'vip')`, [
      tenant,
      idOf(7),
      idOf(2),
    ]);

    expect(await migrate(database, ['run'])).toMatchObject({ code: 0 });

    expect(await namesOf('inboxes')).toEqual(
      named('Support', 'Sales', 'SUPPORT (2)', ' support (3)', 'Support (4)'),
    );
    expect(await namesOf('labels')).toEqual(
      named('VIP', 'vip (2)', 'V I P', 'v\u00a0i  p  (2)', long, `${'X'.repeat(251)} (2)`, 'vip'),
    );
  });
});
