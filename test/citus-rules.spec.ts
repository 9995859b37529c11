import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSqlFiles } from '../src/database/sql-files.js';
import * as rules from './support/citus-rules.js';
import { loadParser, parseFunction, parseStatement, type ParsedFunction } from './support/sql-syntax.js';

/** docs/scale-out.md: what Citus cannot run, found in the syntax of every function and statement. */

const PROJECT = join(__dirname, '..');

/** A statement without fragments. Those with fragments are made when they are needed. */
const WHOLE_STATEMENT = /[=(:,?]\s*sql`([^`$]*(?:\$\d[^`$]*)*)`/g;

/** What may stay, and why. */
const EXCEPTIONS: Record<string, string> = {
  'activity_between: activity_series': 'only the former release calls it',
  'activity_between: activity_totals': 'only the former release calls it',
  'platform_tenants: p_limit': 'only the former release calls it',
  'scheduling/tenant-runner.ts: pg_try_advisory_xact_lock': 'all instances take it on the coordinator',
  'tenants/check-external-id.ts: pg_advisory_xact_lock': 'all instances take it on the coordinator',
};

let functions: ParsedFunction[];
let statements: ParsedFunction[];
let known: rules.Known;

function statementsOfSources(): ParsedFunction[] {
  return readdirSync(join(PROJECT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const text = readFileSync(join(PROJECT, 'src', file), 'utf8');
      return [...text.matchAll(WHOLE_STATEMENT)].map(([, statement]) => ({
        name: file,
        language: 'typescript',
        parameters: [],
        isSecurityDefiner: false,
        statements: [parseStatement(statement!)],
      }));
    });
}

beforeAll(async () => {
  await loadParser();
  const files = readSqlFiles();
  const tables = readFileSync(join(PROJECT, 'migrations/schema.sql'), 'utf8').matchAll(
    /^create (?:unlogged )?table public\.(\w+)/gm,
  );
  const namesOf = (kind: string) => files.filter((file) => file.kind === kind).map(({ name }) => name);
  known = {
    tables: new Set([...[...tables].map(([, name]) => name!), ...namesOf('view')]),
    own: new Set(namesOf('function')),
    immutable: new Set(
      files.filter(({ text }) => /^language \w+ immutable/m.test(text)).map(({ name }) => name),
    ),
  };
  functions = files.filter(({ kind }) => kind === 'function').map(({ text }) => parseFunction(text));
  statements = statementsOfSources();
});

/** The body of a function of the tenant in PL/pgSQL, or in the language of SQL. */
const plpgsql = (body: string, parameters = 'p_tenant uuid') =>
  `create function example(${parameters}) returns void language plpgsql as $$ begin ${body} end $$`;
const inSql = (body: string, parameters = 'p_tenant uuid', more = '') =>
  `create function example(${parameters}) returns setof uuid language sql stable ${more} as $$ ${body} $$`;

const RULES: [what: string, rule: rules.Rule, broken: string[], kept: string[]][] = [
  [
    'reads tables with parameters in the language of SQL',
    rules.readsInLanguageSql,
    [inSql('select i.id from inboxes i where i.tenant_id = p_tenant')],
    [
      plpgsql('perform 1 from inboxes i where i.tenant_id = p_tenant;'),
      inSql('select i.id from inboxes i', ''),
    ],
  ],
  [
    'writes what varies',
    rules.writesWhatVaries,
    [
      plpgsql('insert into webhooks values (1) on conflict (id) do update set updated_at = now();'),
      plpgsql('insert into webhooks values (1) on conflict (id) do update set key = queue_position(1);'),
      plpgsql('update inboxes i set at = clock_timestamp() where i.tenant_id = p_tenant;'),
      plpgsql('update inboxes i set at = case when p then now() end where i.tenant_id = p_tenant;'),
      plpgsql('update inboxes i set at = coalesce(i.at, now()) where i.tenant_id = p_tenant;'),
    ],
    [
      plpgsql('insert into webhooks values (now()) on conflict (id) do update set updated_at = moment;'),
      plpgsql('update inboxes i set at = now() where i.tenant_id = p_tenant;'),
    ],
  ],
  [
    'compares a known value in "case x when"',
    rules.comparesKnownCase,
    [
      plpgsql("update c set at = case p_to when 'A' then 1 end;", 'p_tenant uuid, p_to text'),
      inSql("select case settings.basis when 'A' then n end", 'settings priority_settings, n integer'),
    ],
    [
      plpgsql("update c set at = case when p_to = 'A' then 1 end;", 'p_tenant uuid, p_to text'),
      plpgsql("update c set at = case c.state when 'A' then 1 end;"),
    ],
  ],
  [
    'reads a table without its tenant',
    rules.readsWithoutTenant,
    [
      plpgsql('perform 1 from inboxes i where i.id = p_id;'),
      plpgsql('perform 1 from inboxes i, operators o where i.tenant_id = p_tenant and o.id = i.id;'),
      plpgsql('if exists (select 1 from tenants t where t.is_suspended) then return; end if;'),
      plpgsql('update inboxes i set name = p_name where i.id = p_id;'),
      plpgsql('delete from inboxes where id = p_id;'),
    ],
    [
      plpgsql('perform 1 from inboxes i where i.tenant_id = p_tenant and i.id = p_id;'),
      plpgsql('if (select t.is_suspended from tenants t where t.id = p_tenant) then return; end if;'),
      plpgsql('delete from inboxes where tenant_id = p_tenant and id = p_id;'),
      plpgsql('with inboxes as (select 1 as id) insert into webhooks select n.id from inboxes n;'),
    ],
  ],
  [
    'selects nothing',
    rules.selectsNothing,
    [
      plpgsql('if exists (select from tenants t where t.id = p_tenant) then return; end if;'),
      inSql('select'),
    ],
    [plpgsql('insert into webhooks values (1), (2);'), inSql('select 1 union all select 2')],
  ],
  [
    'takes an advisory lock where it does not always run',
    rules.locksWhereItRuns,
    [
      plpgsql('perform pg_advisory_xact_lock(1);', 'p_id uuid, p_tenant uuid'),
      inSql('select pg_try_advisory_xact_lock_shared(1)'),
    ],
    [plpgsql('perform pg_advisory_xact_lock(1);')],
  ],
  [
    'limits by a parameter across tenants',
    rules.limitsByParameter,
    [inSql('select t.id from tenants t limit p_most', 'p_most integer', 'security definer')],
    [
      inSql('select t.id from tenants t limit 1', 'p_most integer', 'security definer'),
      inSql('select u.id from unnest(p_ids) u (id) limit p_most', 'p_ids uuid[], p_most integer'),
    ],
  ],
];

describe.each(RULES)('no function or statement %s', (_what, rule, broken, kept) => {
  const breaches = (it: ParsedFunction) => [...new Set(rule(it, known))].map((what) => `${it.name}: ${what}`);

  it('of ours', () => {
    const found = [...functions, ...statements].flatMap(breaches);
    expect(found.filter((breach) => !(breach in EXCEPTIONS))).toEqual([]);
  });

  it.each(broken)('is refused: %s', (text) => {
    expect(breaches(parseFunction(text))).not.toEqual([]);
  });

  it.each(kept)('is fine: %s', (text) => {
    expect(breaches(parseFunction(text))).toEqual([]);
  });
});

it('the rules look at all functions, and at most statements', () => {
  expect(functions.length).toBeGreaterThan(150);
  expect(statements.length).toBeGreaterThan(150);
});

it('each exception is one', () => {
  const all = [...functions, ...statements].flatMap((one) =>
    RULES.flatMap(([, rule]) => rule(one, known).map((what) => `${one.name}: ${what}`)),
  );
  expect(Object.keys(EXCEPTIONS).filter((exception) => !all.includes(exception))).toEqual([]);
});
