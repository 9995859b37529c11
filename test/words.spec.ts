import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');

interface Word {
  /** The old words. */
  instead: RegExp;
  use: string;
  /** Files that may use the old words, because they mean something else there. */
  except?: RegExp;
}

/** A thing has one name. Each word here once named a thing that has another name, or nobody understood it. */
const WORDS: Word[] = [
  { instead: /\bhand(?:s|ed|ing)? out\b|hand_out|[Hh]andOut/i, use: 'distribute' },
  { instead: /\bhanded (?:something|anything|nothing|more)\b/i, use: 'distributed' },
  { instead: /\bpush(?:es)? by itself\b|\bdistributes by itself\b/i, use: 'push inbox' },
  { instead: /\btak(?:e|es|en|ing) in (?:a |the |its |all )?messages?\b|take_in|takeIn/i, use: 'ingest' },
  { instead: /\bobstacles?\b/i, use: 'ineligibility reason' },
  { instead: /\b(?:in|into|out of|lose|loses|loss of) sight\b|\bsights\b|IN_SIGHT/i, use: 'visibility' },
  { instead: /\bgather(?:s|ed|ing|ings)?\b/i, use: 'batch' },
  { instead: /\bfound(?:s|ing) (?:a |another |the )?\w+|\bfounding\b/i, use: 'create' },
  { instead: /\btheir own place\b|\bplaces? in (?:an|the|that|its) inbox\b/i, use: 'subscription' },
  { instead: /\bplaces? in (?:the|their|its) feed\b/i, use: 'position in the feed' },
  { instead: /\bcomes? (?:or|and) goe?s?\b|\bcoming and going\b/i, use: 'set a status' },
  { instead: /\bhands are full\b/i, use: 'at capacity' },
  { instead: /\bhear(?:s|d)? of events\b/i, use: 'gets events' },
  {
    instead: /\banswers?\b/i,
    use: 'response',
    // A column, the records of DNS, and SQL that returns rows.
    except:
      /\.sql$|src\/idempotency|test\/(?:hostile-)?idempotency|name-server|support\/(?:plans|jobs|idempotency-keys|personal-columns)|adoption|test\/openapi/,
  },
  { instead: /\bso (?:many|much|often)\b/i, use: 'the most, how many or how often' },
  { instead: /\bwhoever\b/i, use: 'a noun' },
  { instead: /\b(?:not|to|that|who|it) responses? (?:for|to|with)\b|\bresponsed\b/i, use: 'respond' },
  { instead: /\bwhat (?:becomes|became|has become) of\b/i, use: 'outcome' },
  { instead: /\bbehind the service's back\b/i, use: 'without the service' },
  {
    instead: /GIVES_WAY|Surrounding[A-Z]|KeptAnswers?|RefuseUnasked|[wW]hatBecame|[wW]ithinThis/,
    use: 'a plain name',
  },
];

const FOLDERS = ['src', 'test', 'scripts', 'docs', 'ops', 'bench', 'examples', '*.md', '.env.example'];

const FILES = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', ...FOLDERS], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => /\.(?:ts|mjs|cjs|sql|md|yml|json|example)$/.test(file))
  .filter((file) => !/^(?:test\/fixtures|bench\/results|test\/words\.spec)/.test(file));

const TEXTS = FILES.map((file) => ({ file, lines: readFileSync(join(ROOT, file), 'utf8').split('\n') }));

it.each(WORDS)('no file says $instead instead of: $use', ({ instead, except }) => {
  const found = TEXTS.filter(({ file }) => except?.test(file) !== true).flatMap(({ file, lines }) =>
    lines.flatMap((line, i) => (instead.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  );
  expect(found).toEqual([]);
});

it('reads the files of every folder', () => {
  for (const folder of ['src', 'test', 'scripts', 'docs', 'ops', 'bench', 'examples'])
    expect(FILES.filter((file) => file.startsWith(`${folder}/`))).not.toEqual([]);
});
