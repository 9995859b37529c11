import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDatabaseForOwner } from '../src/config/environment.js';
import { MIGRATIONS, STOPPED_UP_TO } from '../src/database/migrations.js';
import { Migrator } from '../src/database/migrator.js';
import { TestDatabase } from './support/database.js';
import { ask } from './support/faults/ask.js';
import { LoggedService } from './support/logged-service.js';
import { runBuilt } from './support/migrating.js';
import { ServiceProcess } from './support/service-process.js';
import { serviceVariables } from './support/settings.js';
import { until } from './support/until.js';

const LAST = MIGRATIONS.at(-1)!.name;
const NEWER = `insert into migrations (timestamp, name) values (1999999999999, 'Later1999999999999')`;

let database: TestDatabase;
beforeEach(async () => {
  database = await TestDatabase.create();
});
afterEach(async () => {
  await database.close();
});

describe('a schema of a newer version', () => {
  it('that says that it serves this version is served, with a warning', async () => {
    await database.rows(`${NEWER}; comment on table migrations is 'serves builds since ${LAST}'`);
    const logged = new LoggedService(await ServiceProcess.start(database.url));
    const { service } = logged;
    try {
      expect((await ask('GET', `${service.url}/ready`)).status).toBe(200);
      const line =
        'the database has the schema of a newer version (Later): this instance serves until it is replaced';
      await until(() => logged.lines().some(({ msg }) => msg === line));
    } finally {
      await service.stop();
    }
  });

  it.each([
    ['serves only later versions', `comment on table migrations is 'serves builds since Later1999999999999'`],
    ['has dropped a function', `delete from sql_files where name = 'waiting_by_inbox'`],
  ])('that %s is refused', async (_what, change) => {
    await database.rows(`comment on table migrations is 'serves builds since ${LAST}'; ${NEWER}; ${change}`);
    const { code, told } = await runBuilt('main.js', [], serviceVariables(database.url));
    expect({ code, told }).toEqual({
      code: 1,
      told: [
        'the database has a newer schema than this version (Later1999999999999): use the version that created it',
      ],
    });
  });

  it('keeps a running instance ready when it becomes newer', async () => {
    const logged = new LoggedService(await ServiceProcess.start(database.url));
    const { service } = logged;
    try {
      const ready = async () => (await ask('GET', `${service.url}/ready`)).status;
      expect(await ready()).toBe(200);
      await database.rows(NEWER);
      expect(await ready()).toBe(200);
      await until(() => logged.lines().some(({ msg }) => msg.includes('schema of a newer version (Later')));
    } finally {
      await service.stop();
    }
  });
});

describe('db:run beside a transaction that holds a table', () => {
  it('gives way, and goes on when the transaction ends', async () => {
    await database.rows('comment on table migrations is null');
    const holder = await database.session();
    await holder.query('begin; lock table migrations in share mode');
    const steps: string[] = [];
    const owner = readDatabaseForOwner({ NODE_ENV: 'test', DATABASE_ADMIN_URL: database.url });
    const migrator = await Migrator.open(owner, (step) => steps.push(step));
    try {
      const running = migrator.run();
      const givesWay = 'another session holds what has to be changed: giving way and trying again';
      await until(() => steps.includes(givesWay));
      await holder.query('commit');
      await running;
    } finally {
      await migrator.close();
    }
    const [said] = await database.rows(
      `select obj_description('migrations'::regclass, 'pg_class') like 'serves builds since %' as is_so`,
    );
    expect(said).toEqual({ is_so: true });
  });
});

it('a migration after STOPPED_UP_TO drops no function, because the former release calls it', () => {
  const folder = join(__dirname, '../migrations');
  const lastOfStopped = Number(/\d+$/.exec(STOPPED_UP_TO.name)![0]);
  const files = readdirSync(folder).filter((file) => Number.parseInt(file, 10) > lastOfStopped);
  expect(files.length).toBeGreaterThan(0);
  const upwards = files.map((file) => [
    file,
    readFileSync(join(folder, file), 'utf8').split('async down(')[0]!,
  ]);
  const dropping = upwards.filter(([, text]) => /dropFunctions\(|drop function/i.test(text!));
  expect(dropping.map(([file]) => file)).toEqual([]);
});
