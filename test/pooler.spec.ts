import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { APPLICATION_ROLE } from '../src/database/session.js';
import { TestApplication } from './support/application.js';
import type { TestDatabase } from './support/database.js';
import { newUser, type User } from './support/database-user.js';
import { asService } from './support/settings.js';
import { World } from './support/world.js';

const BEHIND = { DATABASE_POOLER: 'transaction' };

let app: TestApplication;
const users: User[] = [];
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(async () => {
  for (const user of users) await user.drop();
  await app.stop();
});

/** A login that ops/service-login.sql makes, or of one's own. */
async function user(sql?: string): Promise<User> {
  const made = await newUser(app.database, sql ?? readFileSync('ops/service-login.sql', 'utf8'));
  users.push(made);
  return made;
}

/** The one that db:run makes, and the one of those who make it by hand. */
const LOGINS: [by: string, url: () => Promise<string>][] = [
  ['db:run', () => Promise.resolve(asService(app.database.url))],
  ['ops/service-login.sql', async () => (await user()).url],
];
const REFUSAL = 'row-level security must apply to the user of DATABASE_URL, and it must own nothing';

const names = (of: TestApplication) =>
  of.nest.get(DataSource).query<{ name: string }[]>('select name from pg_prepared_statements');

describe('a service behind a pooler in transaction mode', () => {
  it.each(LOGINS)('works with the login of %s, without named statements', async (_, url) => {
    const pooled = await app.another({ ...BEHIND, DATABASE_URL: await url(), DATABASE_POOL_SIZE: '1' });
    try {
      const world = await World.create(pooled);
      const inbox = await world.inbox();
      const operator = await world.operator({ inboxes: [inbox] });
      const { id } = await world.queued(inbox);

      await pooled.call('post', '/allocation/allocate', operator.headers).send({}).expect(200);
      await pooled.call('get', `/conversations/${id}`, operator.headers).expect(200);

      expect(await names(pooled)).toEqual([]);
    } finally {
      await pooled.stop();
    }
  });

  it('does not start with a login that bypasses row-level security or owns a table', async () => {
    const owner = { ...BEHIND, DATABASE_URL: app.database.url };
    await expect(app.another(owner)).rejects.toThrow(
      new RegExp(`${REFUSAL}.*: use inbox_service there.*; db:run creates that login`),
    );
  });

  it.each(['bypassrls', 'superuser'])(
    'does not start with a %s that sets the role of the service',
    async (power) => {
      const { name, url } = await user();
      await app.database.rows(`alter role ${name} ${power}`);
      const unbound = { ...BEHIND, DATABASE_URL: url };
      await expect(app.another(unbound)).rejects.toThrow(
        `${REFUSAL}, but "${name}" bypasses row-level security`,
      );
    },
  );

  it.each([
    ['owns the schema', (database: TestDatabase) => `grant ${new URL(database.url).username} to`],
    ['may read across tenants', () => 'grant inbox_platform to'],
  ])('does not start with a member of a role that %s', async (what, grant) => {
    const { name, url } = await user();
    await app.database.rows(`${grant(app.database)} ${name}`);
    const related = { ...BEHIND, DATABASE_URL: url };
    await expect(app.another(related)).rejects.toThrow(`${REFUSAL}, but "${name}" ${what}`);
  });

  it('does not start without its settings, and prints how to set them', async () => {
    const { name, url } = await user(`create role inbox_service login password 'choose-a-password'`);
    const changes = { ...BEHIND, DATABASE_URL: url, DATABASE_LOCK_TIMEOUT_MS: '1234' };
    const problem = await app.another(changes).then(
      () => '',
      (error: unknown) => String(error),
    );
    const lines = problem.split('\n').slice(1);
    expect(lines.map((line) => line.trim())).toEqual([
      `grant inbox_app to "${name}"; alter role "${name}" set role = 'inbox_app';`,
      `alter role "${name}" set statement_timeout = '15000';`,
      `alter role "${name}" set lock_timeout = '1234';`,
      `alter role "${name}" set idle_in_transaction_session_timeout = '10000';`,
      `alter role "${name}" set plan_cache_mode = 'force_generic_plan';`,
      `alter role "${name}" set enable_memoize = 'off';`,
      `alter role "${name}" set enable_seqscan = 'off';`,
      `alter role "${name}" set jit = 'off';`,
    ]);

    await app.database.rows(lines.join('\n'));
    await (await app.another(changes)).stop();

    await app.database.rows(`alter role ${name} set lock_timeout = '1 min'`);
    await expect(app.another(changes)).rejects.toThrow(
      new RegExp(`^[^\n]*\n  alter role "${name}" set lock_timeout = '1234';$`),
    );
  });
});

describe('the login of the service', () => {
  it.each(LOGINS)('that %s made has its settings again after a pooler resets it', async (_, url) => {
    const client = new Client({ connectionString: await url() });
    await client.connect();
    try {
      await client.query(`set role none; set lock_timeout = 0; set app.tenant_id = 'x'`);
      await client.query('discard all');
      const { rows } = await client.query(
        `select current_user, current_setting('lock_timeout') as lock_timeout,
          current_setting('app.tenant_id', true) as tenant`,
      );
      expect(rows).toEqual([{ current_user: APPLICATION_ROLE, lock_timeout: '5s', tenant: '' }]);
    } finally {
      await client.end();
    }
  });
});
