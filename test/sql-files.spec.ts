import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { QueryRunner } from 'typeorm';
import { applySqlFiles, type AppliedFiles } from '../src/database/apply-sql-files.js';
import { parseSqlFile, readSqlFiles, type SqlFile } from '../src/database/sql-files.js';
import { TestDatabase } from './support/database.js';
import { migrate, withRunner } from './support/migrating.js';

let database: TestDatabase;
beforeEach(async () => {
  database = await TestDatabase.create();
});
afterEach(async () => {
  await database.close();
});

const PROJECT = join(__dirname, '..');
const files = readSqlFiles();
const named = (name: string) => files.find((file) => file.name === name)!;
const withText = (file: SqlFile, text: string) => parseSqlFile(file.file, text);
const instead = (changed: SqlFile) => files.map((file) => (file.name === changed.name ? changed : file));

/** As db:run does it: in one transaction. */
async function apply(wanted: readonly SqlFile[]): Promise<AppliedFiles> {
  return withRunner(database, (runner) => inTransaction(runner, () => applySqlFiles(runner, wanted)));
}

async function inTransaction<T>(runner: QueryRunner, work: () => Promise<T>): Promise<T> {
  await runner.startTransaction();
  try {
    const result = await work();
    await runner.commitTransaction();
    return result;
  } catch (error) {
    await runner.rollbackTransaction();
    throw error;
  }
}

async function bodyOf(name: string): Promise<string | undefined> {
  const [row] = await database.rows<{ body: string }>(
    `select prosrc as body from pg_proc where pronamespace = 'public'::regnamespace and proname = $1`,
    [name],
  );
  return row?.body;
}

const applications = () =>
  database.rows(`select name, hash, applied_at::text as at from sql_files order by name`);

describe('functions and views of the database', () => {
  it('are exactly those of the files', async () => {
    const found = await database.rows<{ name: string }>(
      `select proname::text as name from pg_proc where pronamespace = 'public'::regnamespace
      union all select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'v'
      order by name`,
    );
    expect(found.map(({ name }) => name)).toEqual(files.map(({ name }) => name));
  });

  it('each have their text in one hand-written file', () => {
    for (const { name, kind, file } of files) {
      const pattern = `create (or replace )?${kind} ${name}\\b`;
      const args = ['-rliE', '--include=*.sql', '--include=*.ts', '--include=*.mjs', pattern];
      const found = execFileSync('grep', [...args, 'src', 'migrations', 'scripts', 'bench'], {
        cwd: PROJECT,
      });
      // schema.sql is what the database says, and no source.
      const sources = found.toString().trim().split('\n');
      expect(sources.filter((source) => source !== 'migrations/schema.sql')).toEqual([`src/${file}`]);
    }
  });

  it('neither take nor return the row type of a table or view', async () => {
    const withRowType = () =>
      database.rows(
        `select p.proname as name from pg_proc p
      cross join lateral unnest(array[p.prorettype] || p.proargtypes || coalesce(p.proallargtypes, '{}')) as a (type)
      join pg_type t on t.oid = a.type
      join pg_class c on c.oid = coalesce(nullif(t.typrelid, 0),
        (select e.typrelid from pg_type e where e.oid = t.typelem and t.typelem <> 0))
      where p.pronamespace = 'public'::regnamespace and c.relkind <> 'c'`,
      );
    expect(await withRowType()).toEqual([]);
    await database.rows(`create function planted(t tenants[]) returns void language sql as ''`);
    expect(await withRowType()).toEqual([{ name: 'planted' }]);
  });

  it('have their contract as their comment', async () => {
    const [row] = await database.rows(
      `select obj_description('assign_feed_positions'::regproc, 'pg_proc') as f,
        obj_description('conversation_details'::regclass, 'pg_class') as v`,
    );
    expect(row).toEqual({
      f: named('assign_feed_positions').contract,
      v: named('conversation_details').contract,
    });
  });
});

describe('db:run', () => {
  it('does nothing when nothing has changed', async () => {
    const before = await applications();
    expect(await migrate(database, ['run'])).toEqual({
      code: 0,
      said: ['The schema is up to date.'],
      told: [],
    });
    expect(await applications()).toEqual(before);
  });

  it('applies a changed function and nothing else', async () => {
    const before = await applications();
    const former = named('queue_cap');
    const changed = withText(former, former.text.replace('then 0', 'then 0 + 0'));
    expect(await apply(instead(changed))).toEqual({ applied: ['queue_cap'], dropped: [] });
    expect(await bodyOf('queue_cap')).toContain('then 0 + 0');
    const after = await applications();
    expect(after.filter((row, i) => JSON.stringify(row) !== JSON.stringify(before[i]))).toEqual([
      expect.objectContaining({ name: 'queue_cap', hash: changed.hash }),
    ]);
  });

  it('keeps the owner and the rights of a function that looks across tenants', async () => {
    const former = named('tenants_to_rerank');
    await apply(instead(withText(former, former.text.replace('where', 'where true and'))));
    const [row] = await database.rows(
      `select pg_get_userbyid(proowner) as owner, has_function_privilege('public', oid, 'execute') as by_all,
        has_function_privilege('inbox_app', oid, 'execute') as by_service
      from pg_proc where proname = 'tenants_to_rerank'`,
    );
    expect(row).toEqual({ owner: 'inbox_platform', by_all: false, by_service: true });
    const [schema] = await database.rows(
      `select has_schema_privilege('inbox_platform', 'public', 'create') as may`,
    );
    expect(schema).toEqual({ may: false });
  });

  it('returns functions to the platform role after a restore', async () => {
    await database.rows('alter function backlog() owner to current_user');
    await database.rows('grant execute on function backlog() to public');
    await migrate(database, ['run']);
    const [row] = await database.rows(
      `select pg_get_userbyid(proowner) as owner, has_function_privilege('public', oid, 'execute') as by_all
      from pg_proc where proname = 'backlog'`,
    );
    expect(row).toEqual({ owner: 'inbox_platform', by_all: false });
  });

  it('applies a changed view, and the views that read it', async () => {
    const former = named('queue_settings');
    const changed = withText(
      former,
      former.text.replace('as settings\nfrom', 'as settings,\n  t.name as tenant_name\nfrom'),
    );
    expect(await apply(instead(changed))).toEqual({ applied: ['queue_settings'], dropped: [] });
    await database.rows('select tenant_name from queue_settings');
    await database.rows('select * from conversation_details');
  });

  it('drops functions and views without a file', async () => {
    const gone = ['conversation_details', 'waiting_by_inbox'];
    const left = files.filter(({ name }) => !gone.includes(name));
    expect(await apply(left)).toEqual({ applied: [], dropped: gone });
    expect(await bodyOf('waiting_by_inbox')).toBeUndefined();
    expect(await database.rows(`select to_regclass('conversation_details') as view`)).toEqual([
      { view: null },
    ]);
  });

  it('forgets a function without a file that somebody dropped', async () => {
    await database.rows('drop function waiting_by_inbox');
    await apply(files.filter(({ name }) => name !== 'waiting_by_inbox'));
    expect(await database.rows(`select 1 from sql_files where name = 'waiting_by_inbox'`)).toEqual([]);
  });

  it('creates a function again that somebody dropped', async () => {
    await database.rows('drop function waiting_by_inbox');
    expect((await apply(files)).applied).toEqual(['waiting_by_inbox']);
    expect(await bodyOf('waiting_by_inbox')).toBeDefined();
  });

  it('refuses to change a signature', async () => {
    const former = named('queue_cap');
    const longer = former.text.replace(
      '(settings priority_settings)',
      '(settings priority_settings, x integer)',
    );
    const other = former.text.replace('returns double precision', 'returns integer');
    for (const text of [longer, other]) {
      await expect(apply(instead(withText(former, text)))).rejects.toThrow(
        'queue/sql/queue_cap.sql changes the signature of queue_cap: give the new one a name and a file of its own',
      );
    }
    expect((await apply(files)).applied).toEqual([]);
  });

  it('applies nothing when one file is wrong, and names it', async () => {
    const good = named('queue_basis');
    const bad = named('queue_cap');
    const broken = files.map((file) => {
      if (file === good) return withText(good, good.text.replace('else', 'else '));
      return file === bad ? withText(bad, bad.text.replace('settings.beta', 'settings.gamma')) : file;
    });
    await expect(apply(broken)).rejects.toThrow('queue/sql/queue_cap.sql cannot be applied: ');
    expect((await apply(files)).applied).toEqual([]);
  });
});

describe('a SQL file', () => {
  const body = 'language sql as $$ select 1 $$;\n';

  it.each([
    ['creates something else than its name says', `-- One.\ncreate function two() returns integer ${body}`],
    ['creates nothing', '-- One.\nselect 1;\n'],
  ])('that %s is refused', (_what, text) => {
    expect(() => parseSqlFile('queue/sql/one.sql', text)).toThrow(
      'queue/sql/one.sql should create the function or the view one',
    );
  });

  it('without a contract is refused', () => {
    expect(() => parseSqlFile('queue/sql/one.sql', `create function one() returns integer ${body}`)).toThrow(
      'queue/sql/one.sql should begin with a comment: its contract',
    );
  });
});
