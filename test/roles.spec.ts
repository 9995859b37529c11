import { Client } from 'pg';
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

/** What a service of this build says at its start: its one line, when it does not start. */
async function start(changes: Record<string, string> = {}) {
  const { code, told } = await runBuilt('main.js', [], serviceVariables(database.url, changes));
  return { code, told };
}

async function empty(): Promise<void> {
  await database.rows('drop schema public cascade; create schema public');
}

describe('a missing right', () => {
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

  it('on roles is reported in one line for an administrator', async () => {
    await empty();
    const { name, url } = await stranger();
    const run = await migrate(database, ['run'], { DATABASE_ADMIN_URL: url });
    expect(run).toEqual({ code: 1, said: [], told: [expect.any(String)] });
    expect(run.told[0]).toBe(
      `"${name}" lacks the right to create the roles it needs. An administrator of the server can create them, with db:run -- --roles-only ` +
        `--owner ${name}, or with this SQL: grant inbox_app to "${name}"; grant inbox_platform to "${name}"; ` +
        `grant create, usage on schema public to "${name}" with grant option;`,
    );
    expect(await database.rows(`select to_regclass('migrations') as made`)).toEqual([{ made: null }]);
    const [, sql] = run.told[0]!.split('with this SQL: ');
    await database.rows(sql!);
    expect(await migrate(database, ['run'], { DATABASE_ADMIN_URL: url })).toMatchObject({ code: 0 });
  });

  it('on roles is granted by an administrator with --roles-only', async () => {
    await empty();
    const { name, url } = await stranger();
    const shown = await migrate(database, ['run', '--roles-only', '--print', '--owner', name]);
    expect(shown.said).toContain(`grant inbox_platform to "${name}";`);
    expect(await migrate(database, ['run', '--roles-only', '--owner', name])).toMatchObject({
      code: 0,
      said: ['The roles were created.'],
    });
    expect(await migrate(database, ['run', '--roles-only', '--owner', name])).toMatchObject({
      said: ['The roles exist already.'],
    });
    expect(await migrate(database, ['run'], { DATABASE_ADMIN_URL: url })).toMatchObject({ code: 0 });
  });

  it('on tables of another owner is reported in one line', async () => {
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

  it('of the login of the service is reported in one line', async () => {
    const { url } = await stranger();
    const { code, told } = await start({ DATABASE_URL: url, DATABASE_POOLER: 'none' });
    expect({ code, told }).toEqual({
      code: 1,
      told: [expect.stringContaining('the user of DATABASE_URL is not in the role of the service: ')],
    });
  });
});

describe('the login of the service', () => {
  it('is created with the password of DATABASE_URL', async () => {
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
          /^row-level security must apply to the user of DATABASE_URL, and it must own nothing, but "\w+" bypasses row-level security: use inbox_service there/,
        ),
      ],
    });
  });

  it.each([
    ['owns the schema', 'alter table webhooks owner to inbox_service'],
    ['bypasses row-level security', 'alter role inbox_service bypassrls'],
    ['may read across tenants', 'grant inbox_platform to inbox_service'],
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
