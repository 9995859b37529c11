import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * docs/database.md, "Rules": what keeps the schema fit to be changed, dumped, and spread over several servers. What the
 * syntax must show is in citus-rules.spec.ts.
 */

const PROJECT = join(__dirname, '..');
/** Reads what a server's counter said, to be rid of it. */
const ADOPTION = 'migrations/support/adopt-earlier-database.ts';

interface Source {
  file: string;
  text: string;
}

/** Everything that holds SQL of the service. */
const SOURCES: Source[] = ['src', 'migrations']
  .flatMap((folder) => readdirSync(join(PROJECT, folder), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && /\.(ts|sql)$/.test(entry.name) && entry.name !== 'schema.sql')
  .map((entry) => join(entry.parentPath, entry.name))
  .map((path) => ({ file: relative(PROJECT, path), text: readFileSync(path, 'utf8') }))
  .filter(({ file }) => file !== ADOPTION);

function breaking(rule: RegExp): string[] {
  return SOURCES.flatMap(({ file, text }) => (text.match(rule) ?? []).map((found) => `${file}: ${found}`));
}

const RULES: [what: string, rule: RegExp, example: string][] = [
  ['selects nothing', /\b(select|perform)\s+from\b.*/gi, 'exists (select from tenants)'],
  [
    'stores a counter of the server',
    /\b(xid8?|pg_snapshot|pg_current_xact_id|pg_current_snapshot|txid_\w+|nextval|\w*serial)\b|\bas identity\b/gi,
    'transaction_id xid8 not null',
  ],
  [
    'grants a right on columns',
    /\bgrant (select|insert|update|references) \(.*/gi,
    'grant update (seen_at) on processed_messages to inbox_app',
  ],
  ['makes something as another role', /\bset (local )?role\s+\w.*/gi, 'set local role inbox_platform'],
];

describe('no SQL', () => {
  it.each(RULES)('%s', (_what, rule, example) => {
    expect(example).toMatch(rule);
    expect(breaking(rule)).toEqual([]);
  });
});

it('advisory locks of different things have different numbers', () => {
  const LOCKED = /hashtextextended\(\s*(.*), (\d+)\)/g;
  const locked = new Map<string, Set<string>>();
  for (const { text } of SOURCES) {
    for (const [, what, number] of text.matchAll(LOCKED)) {
      locked.set(number!, (locked.get(number!) ?? new Set()).add(what!));
    }
  }
  expect(locked.size).toBeGreaterThan(5);
  expect([...locked].filter(([, things]) => things.size > 1)).toEqual([]);
});
