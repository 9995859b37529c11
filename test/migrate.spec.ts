import { Client } from 'pg';
import { MIGRATIONS } from '../src/database/migrations.js';
import { EARLIER_MIGRATIONS } from '../migrations/support/adopt-earlier-database.js';
import { TestDatabase } from './support/database.js';
import { newUser, type User } from './support/database-user.js';
import { migrate, runBuilt } from './support/migrating.js';
import { asService, serviceVariables, setting } from './support/settings.js';

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
  it('run twice at once ends well both times, and does everything once', async () => {
    await empty();
    const runs = await Promise.all([migrate(database, ['run']), migrate(database, ['run'])]);
    expect(
      runs.map(({ code, said }) => ({ code, said })).sort((a, b) => (a.said[0]! < b.said[0]! ? 1 : -1)),
    ).toEqual([
      { code: 0, said: ['The schema is what this version needs.'] },
      { code: 0, said: ['The schema is up to date.'] },
    ]);
    const steps = runs.flatMap(({ told }) => told);
    expect(steps).toContain('• waiting for another migration of this database to end');
    expect(steps.filter((step) => step.endsWith(LAST))).toHaveLength(1);
    expect(await database.rows('select name from migrations order by timestamp')).toEqual(
      MIGRATIONS.map(({ name }) => ({ name })),
    );
  });

  it('says what it does, step by step', async () => {
    await empty();
    const { told } = await migrate(database, ['run']);
    expect(told).toEqual([
      ...MIGRATIONS.map(({ name }, i) => `• migration ${i + 1} of ${MIGRATIONS.length}: ${name}`),
      expect.stringMatching(/^• applied (\d+) of \1 functions and views$/),
    ]);
  });

  it('leaves nothing of a migration that fails', async () => {
    await database.rows(`delete from migrations where name = '${LAST}'`);
    const { code, told } = await migrate(database, ['run']);
    expect({ code, last: told.at(-1) }).toEqual({ code: 1, last: 'relation "webhooks" already exists' });
    expect(await database.rows(`select 1 from migrations where name = '${LAST}'`)).toEqual([]);
  });

  it.each([['--help'], ['run', '--help'], ['revert', '--help']])(
    '%s %s tells how to use it and does nothing',
    async (...args) => {
      const { code, said, told } = await migrate(database, args.filter(Boolean));
      expect({ code, told }).toEqual({ code: 0, told: [] });
      expect(said[0]).toContain('db:run, db:status and db:revert');
    },
  );

  it.each([['walk'], ['run', 'away'], ['run', '--all'], ['status', '--yes']])(
    'refuses %s %s and tells how to use it',
    async (...args) => {
      const { code, said, told } = await migrate(database, args.filter(Boolean));
      expect({ code, said }).toEqual({ code: 1, said: [] });
      expect(told[0]).toContain('db:run, db:status and db:revert');
    },
  );
});

describe('a schema that is not of this version', () => {
  const NEWER = `insert into migrations (timestamp, name) values (1999999999999, 'Later1999999999999')`;
  const NEWER_LINE =
    'the database has a newer schema than this version (Later1999999999999): use the version that made it';
  const OLDER_LINE =
    'the database has an older schema than this version: run the migrations first (pnpm run db:run)';

  it('is left alone when it is newer, by db:run and by the service', async () => {
    await database.rows(NEWER);
    const before = await database.rows('select * from sql_files order by name');
    expect(await migrate(database, ['run'])).toEqual({ code: 1, said: [], told: [NEWER_LINE] });
    expect(await database.rows('select * from sql_files order by name')).toEqual(before);
    expect(await start()).toEqual({ code: 1, told: [NEWER_LINE] });
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

  it('is not adopted when it has some of the earlier migrations only', async () => {
    await empty();
    await database.rows(
      `create table migrations (id serial primary key, timestamp bigint, name text);
      insert into migrations (timestamp, name) values (1, '${EARLIER_MIGRATIONS[0]}')`,
    );
    expect(await migrate(database, ['run'])).toEqual({
      code: 1,
      said: [],
      told: [
        'the database has 1 of the 32 migrations of before the first release: bring it to the last of them with the ' +
          'version that made it, then run this one',
      ],
    });
  });
});

describe('db:status', () => {
  it('says that nothing is missing', async () => {
    const { code, said } = await migrate(database, ['status']);
    expect({ code, last: said.at(-1) }).toEqual({ code: 0, last: 'The schema is up to date.' });
    expect(said.slice(0, -1)).toEqual(MIGRATIONS.map(({ name }) => `[x] ${name}`));
  });

  it('names what is missing, changed and left over', async () => {
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
      '[ ] of_yore, which has no file any more',
      'The database lacks something of this version: db:run brings it.',
    ]);
  });
});

describe('db:revert', () => {
  it('drops nothing without being told to, where there is nobody to ask', async () => {
    const { code, told } = await migrate(database, ['revert', '--all']);
    expect(code).toBe(1);
    expect(told).toEqual([
      expect.stringMatching(
        /^This drops the tables of .*with all that is in them\. Say --yes if that is meant/,
      ),
      'Nothing was reverted.',
    ]);
    await database.rows('select 1 from webhooks');
  });

  it('takes back the last migration, and db:run brings it again', async () => {
    expect(await migrate(database, ['revert', '--yes'])).toMatchObject({
      code: 0,
      said: ['Reverted 1 migration.'],
    });
    expect(await database.rows(`select to_regclass('webhooks') as gone`)).toEqual([{ gone: null }]);
    expect(await migrate(database, ['run'])).toMatchObject({ code: 0 });
    await database.rows('select 1 from webhooks');
  });
});

describe('a right that is missing', () => {
  let user: User | undefined;
  afterEach(async () => {
    if (user !== undefined) {
      await database.rows(`drop owned by ${user.name} cascade`);
      await user.drop();
    }
    user = undefined;
  });

  /** Somebody who may log in, and nothing else. */
  const stranger = async () =>
    (user = await newUser(database, `create role inbox_service login password 'choose-a-password'`));

  it('of roles is told in one line that an administrator can act on', async () => {
    await empty();
    const { name, url } = await stranger();
    const run = await migrate(database, ['run'], { DATABASE_ADMIN_URL: url });
    expect(run).toEqual({ code: 1, said: [], told: [expect.any(String)] });
    expect(run.told[0]).toBe(
      `"${name}" may not make the roles it needs; an administrator of the server can, with db:run -- --roles-only ` +
        `--owner ${name}, or with this SQL: grant inbox_app to "${name}"; grant inbox_platform to "${name}"; ` +
        `grant create, usage on schema public to "${name}" with grant option;`,
    );
    expect(await database.rows(`select to_regclass('migrations') as made`)).toEqual([{ made: null }]);
    const [, sql] = run.told[0]!.split('with this SQL: ');
    await database.rows(sql!);
    expect(await migrate(database, ['run'], { DATABASE_ADMIN_URL: url })).toMatchObject({ code: 0 });
  });

  it('of roles is mended by an administrator with --roles-only', async () => {
    await empty();
    const { name, url } = await stranger();
    const shown = await migrate(database, ['run', '--roles-only', '--print', '--owner', name]);
    expect(shown.said).toContain(`grant inbox_platform to "${name}";`);
    expect(await migrate(database, ['run', '--roles-only', '--owner', name])).toMatchObject({
      code: 0,
      said: ['The roles are made.'],
    });
    expect(await migrate(database, ['run', '--roles-only', '--owner', name])).toMatchObject({
      said: ['The roles are there.'],
    });
    expect(await migrate(database, ['run'], { DATABASE_ADMIN_URL: url })).toMatchObject({ code: 0 });
  });

  it('of the tables of somebody else is told in one line', async () => {
    const { name, url } = await stranger();
    await database.rows(
      `grant inbox_app, inbox_platform to ${name}; grant create, usage on schema public to ${name} with grant option`,
    );
    await database.rows(`delete from sql_files where name = 'queue_cap'`);
    const run = await migrate(database, ['run'], { DATABASE_ADMIN_URL: url });
    expect(run).toEqual({
      code: 1,
      said: [],
      told: [expect.stringContaining('queue/sql/queue_cap.sql cannot be applied: ')],
    });
  });

  it('of the login of the service is told in one line', async () => {
    const { url } = await stranger();
    const { code, told } = await start({ DATABASE_URL: url, DATABASE_POOLER: 'none' });
    expect({ code, told }).toEqual({
      code: 1,
      told: [expect.stringContaining('the user of DATABASE_URL is not in the role of the service: ')],
    });
  });
});

describe('the login of the service', () => {
  it('is made with the password of DATABASE_URL', async () => {
    const login = new Client({ connectionString: asService(database.url) });
    await login.connect();
    const { rows } = await login.query('select current_user::text as name, current_setting($1) as role', [
      'role',
    ]);
    await login.end();
    expect(rows).toEqual([{ name: 'inbox_app', role: 'inbox_app' }]);
  });

  it('can be given another password', async () => {
    const former = new URL(setting('TEST_SERVICE_URL'));
    const url = new URL(database.url);
    url.username = `${setting('TEST_DATABASE_PREFIX')}other`;
    url.password = 'first-password';
    await migrate(database, ['run'], { DATABASE_URL: url.href });
    url.password = 'second-password';
    expect(await start({ DATABASE_URL: url.href, DATABASE_POOLER: 'none' })).toMatchObject({
      code: 1,
      told: [expect.stringContaining('the database refuses the user')],
    });
    const run = await migrate(database, ['run', '--set-password'], { DATABASE_URL: url.href });
    expect(run).toMatchObject({ code: 0, told: [`• alter role "${url.username}" password '…'`] });
    const login = new Client({ connectionString: url.href });
    await login.connect();
    await login.end();
    await database.rows(`drop role ${url.username}`);
    expect(former.username).not.toBe(url.username);
  });

  const production = { NODE_ENV: 'production', TRUST_GATEWAY_HEADERS: 'yes', DATABASE_POOLER: 'none' };

  it('must not be the owner in production', async () => {
    const { code, told } = await start({ ...production, DATABASE_URL: database.url });
    expect({ code, told }).toEqual({
      code: 1,
      told: [
        expect.stringMatching(
          /^the user of DATABASE_URL must be one that row-level security binds and that owns nothing, but "\w+" is above row-level security: name inbox_service there/,
        ),
      ],
    });
  });

  it.each([
    ['owns the schema', 'alter table webhooks owner to inbox_service'],
    ['is above row-level security', 'alter role inbox_service bypassrls'],
    ['may look across tenants', 'grant inbox_platform to inbox_service'],
  ])('must not be one that %s in production', async (power, sql) => {
    const create = `create role inbox_service login password 'choose-a-password'; grant inbox_app to inbox_service; ${sql}`;
    const user = await newUser(database, create);
    try {
      const { code, told } = await start({ ...production, DATABASE_URL: user.url });
      expect({ code, told }).toEqual({ code: 1, told: [expect.stringContaining(`"${user.name}" ${power}`)] });
    } finally {
      await database.rows(`reassign owned by ${user.name} to current_user; drop owned by ${user.name}`);
      await user.drop();
    }
  });
});
