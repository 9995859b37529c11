import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { APPLICATION_ROLE } from '../src/database/session.js';
import { TestApplication } from './support/application.js';
import { POOLER, serviceVariables, setting } from './support/settings.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

/** `npm run test:pgbouncer` must put every service under test behind one, and `npm test` none. */
describe(`services of this run, ${POOLER === '' ? 'without a pooler' : `behind ${POOLER}`},`, () => {
  it('the services under test connect through a pooler', async () => {
    const source = app.nest.get(DataSource);
    const [row] = await source.query<{ login: string; port: number }[]>(
      'select session_user as login, inet_server_port() as port',
    );
    expect(row!.login).toBe(new URL(setting('TEST_SERVICE_URL')).username);
    // The port of the server that responds, and the port that the service connects to.
    const { url } = source.options as { url: string };
    expect(row!.port === Number(new URL(url).port)).toBe(POOLER === '');
  });
});

const SESSION = `
  select pg_backend_pid() as pid, current_user, current_setting('statement_timeout') as statement,
    current_setting('lock_timeout') as lock, current_setting('idle_in_transaction_session_timeout') as idle,
    current_setting('plan_cache_mode') as plan`;

async function connected(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

// Without one there is nothing to ask.
if (POOLER === 'pgbouncer') {
  describe('the PgBouncer of this run', () => {
    let console: Client;
    let database: string;
    beforeAll(async () => {
      console = await connected(setting('TEST_POOLER_URL'));
      database = new URL(app.database.url).pathname.slice(1);
    });
    afterAll(() => console.end());

    it('lends connections for one transaction', async () => {
      const { rows } = await console.query<{ database: string; pool_mode: string; cl_active: string }>(
        'show pools',
      );
      const pools = rows.filter((pool) => pool.database === database);
      expect(pools).toEqual([expect.objectContaining({ pool_mode: 'transaction' })]);
      expect(Number(pools[0]!.cl_active)).toBeGreaterThan(0);
    });

    it('lends one connection to several clients in turn', async () => {
      const url = serviceVariables(app.database.url)['DATABASE_URL']!;
      const clients = [await connected(url), await connected(url), await connected(url)];
      try {
        const servers = [];
        for (const client of clients) {
          const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
          servers.push(rows[0]!.pid);
        }
        expect(new Set(servers).size).toBe(1);
      } finally {
        for (const client of clients) await client.end();
      }
    });

    it('opens connections with the role and the settings of the service', async () => {
      const source = app.nest.get(DataSource);
      const runners = Array.from({ length: 8 }, () => source.createQueryRunner());
      try {
        // Each holds one for itself.
        for (const runner of runners) await runner.startTransaction();
        const sessions = await Promise.all(
          runners.map(async (runner) => {
            const [row] = (await runner.query(SESSION)) as [Record<string, unknown>];
            return row;
          }),
        );
        expect(new Set(sessions.map(({ pid }) => pid)).size).toBe(8);
        for (const session of sessions)
          expect(session).toMatchObject({
            current_user: APPLICATION_ROLE,
            statement: '15s',
            lock: '5s',
            idle: '10s',
            plan: 'force_generic_plan',
          });
      } finally {
        for (const runner of runners) {
          await runner.rollbackTransaction();
          await runner.release();
        }
      }
    });

    it('refuses a service without DATABASE_POOLER, which says what to set', async () => {
      await expect(app.another({ DATABASE_POOLER: 'none' })).rejects.toThrow(
        /a pooler is in front of the database: .*\(set DATABASE_POOLER=transaction\)/,
      );
    });

    it('limits the wait for a connection', async () => {
      const world = await World.create(app);
      await console.query(`pause ${database}`);
      try {
        const response = await app.call('get', '/tenant', world.admin).expect(503);
        expect(response.body).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      } finally {
        await console.query(`resume ${database}`);
      }
      await app.call('get', '/tenant', world.admin).expect(200);
    });
  });
}
