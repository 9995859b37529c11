import { TestApplication } from './support/application.js';
import { CapturedPlans, tellPlans, type Scan } from './support/plans/captured-plans.js';
import { DESK } from './support/plans/desk-pins.js';
import { COUNTED, FILTERED } from './support/plans/filter-pins.js';
import { BATCHES, JOBS } from './support/plans/jobs.js';
import { keepPlans } from './support/plans/large-tenants.js';
import { LEADS } from './support/plans/lead-pins.js';
import { LISTS } from './support/plans/list-pins.js';
import { OUTLOOKS } from './support/plans/outlook-pins.js';
import { READINGS, TRANSITIONS, type Pin } from './support/plans/pins.js';
import { Scene } from './support/plans/scene.js';
import { direct } from './support/settings.js';
import { until } from './support/until.js';

/** A table as large as these is never read as a whole. */
const LARGE = new Set([
  'conversations',
  'conversation_events',
  'feed_positions',
  'feed_backlog',
  'conversation_labels',
  'leads',
  'lead_keys',
  'deadlines',
  'declines',
  'processed_messages',
  'idempotency_keys',
  'webhook_deliveries',
  'activity_totals',
  'resolution_times',
  'ended_waits',
  'first_replies',
  'search_texts',
  'search_backlog',
  'audit_events',
  'left_leads',
  'former_phone_keys',
]);
/** The largest number of rows to read from a table other than conversations, unless a pin names another one. */
const ELSEWHERE = 5_500;
/** The other sessions that still see an earlier state of this database. */
const SNAPSHOTS = `
  select 1 from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and backend_xmin is not null
    and xact_start < now() - interval '100 milliseconds'`;
/** How often a pin is read again before its pages count. */
const MARKING_READS = 3;
/** A row costs the pages on the way to it; a range in which there is nothing costs some, too. */
const buffersFor = (rows: number) => 100 + 6 * rows;

const PINNED: Pin[] = [
  ...TRANSITIONS,
  ...LISTS,
  ...FILTERED,
  ...COUNTED,
  ...LEADS,
  ...READINGS,
  ...JOBS,
  ...BATCHES,
  ...DESK,
  ...OUTLOOKS,
];

let base: TestApplication;
let app: TestApplication;
let plans: CapturedPlans;
let scene: Scene;
const used = new Set<string>();

beforeAll(async () => {
  base = await TestApplication.start();
  await tellPlans(base.database);
  await keepPlans(base.database);
  // One connection, and no pooler in between: a plan is where the next request finds it.
  app = await base.another({
    ...direct(base.database.url),
    DATABASE_POOL_SIZE: '1',
    // On a busy machine a bad plan should be shown, not cut short.
    DATABASE_STATEMENT_TIMEOUT_MS: '60000',
    DATABASE_CONNECTION_TIMEOUT_MS: '60000',
  });
  plans = await CapturedPlans.of(app);
  scene = await Scene.create(app);
  // Every plan is made while the tables are as good as empty.
  for (const { run } of PINNED) await run(scene);
  await plans.keepingConnection(() => scene.fill());
}, 120_000);
afterAll(async () => {
  await app.stop();
  await base.stop();
});

async function scansOf({ run }: Pin): Promise<Scan[]> {
  const scans = await plans.during(() => run(scene));
  for (const { index } of scans) index?.split(' + ').forEach((name) => used.add(name));
  return scans;
}

/** What a pin read through an index of conversations. */
interface Total {
  rows: number;
  buffers: number;
  statements: Set<string>;
}

/** What is not as it should be, in words. */
interface Faults {
  rows: string[];
  /** More pages than the rows need. */
  pages: string[];
}

function faultsOf(scans: Scan[], { conversations: allowed, elsewhere = {} }: Pin): Faults {
  const whole = scans.filter(({ table, index }) => index === null && LARGE.has(table));
  const others = [...LARGE].filter((name) => name !== 'conversations');
  const totals = new Map<string, Total>();
  for (const { table, index, rows, buffers, statement } of scans) {
    if (table !== 'conversations' || index === null) continue;
    const total = totals.get(index) ?? { rows: 0, buffers: 0, statements: new Set() };
    total.rows += rows;
    total.buffers += buffers;
    if (buffers > 50) total.statements.add(statement);
    totals.set(index, total);
  }
  const exceeds = (index: string, rows: number) => !(index in allowed) || rows > allowed[index]!;
  const told = ([index, { rows, buffers, statements }]: [string, Total]) =>
    `${rows} rows and ${buffers} pages through ${index}, by ${[...statements].join('\nand ')}`;
  const rows = [
    ...whole.map(({ table, statement }) => `the whole of ${table} is read by ${statement}`),
    ...others.flatMap((name) => {
      const read = scans.filter(({ table, index }) => table === name && index !== null);
      const rows = read.reduce((sum, scan) => sum + scan.rows, 0);
      if (rows <= (elsewhere[name] ?? ELSEWHERE)) return [];
      const [worst] = read.sort((a, b) => b.rows - a.rows);
      return [`${rows} rows of ${name} are read, most through ${worst!.index} by ${worst!.statement}`];
    }),
    ...[...totals].filter(([index, { rows }]) => exceeds(index, rows)).map(told),
  ];
  const pages = [...totals]
    .filter(([index, { rows, buffers }]) => !exceeds(index, rows) && buffers > buffersFor(allowed[index]!))
    .map(told);
  return { rows, pages };
}

/**
 * The first scan that passes entries of rows which were changed or deleted since the last vacuum reads those rows and
 * marks the entries, so that the next one passes them for nothing. Too many pages count if the next ones read them too:
 * an ANALYZE of autovacuum can begin at any moment, and while it runs nothing is marked.
 */
async function faults(pin: Pin): Promise<string[]> {
  let found = faultsOf(await scansOf(pin), pin);
  for (let more = 0; more < MARKING_READS && found.rows.length === 0 && found.pages.length > 0; more++) {
    // Entries are marked once no snapshot sees their rows any more.
    await until(async () => (await base.database.rows(SNAPSHOTS)).length === 0);
    found = faultsOf(await scansOf(pin), pin);
  }
  return [...found.rows, ...found.pages];
}

/**
 * Before PostgreSQL 17 an array of keys can go into an index or not, and not is what a planner chooses that takes the
 * tenant for a row or two. Plans made that early last until the first ANALYZE.
 */
const ARRAYS_IN_INDEXES = 170_000;
async function forgetEarlyPlans(): Promise<void> {
  const [server] = await base.database.rows<{ version: number }>(
    `select current_setting('server_version_num')::integer as version`,
  );
  if (server!.version < ARRAYS_IN_INDEXES) await plans.forgetPlans();
}

describe.each([
  // As if all this had been written in the minute since the service began.
  ['by plans that were made when the tables were empty', forgetEarlyPlans],
  ['by plans that were made without statistics', () => plans.forgetPlans()],
  ['by plans that were made after ANALYZE', () => base.database.owner.query('analyze')],
])('a hundred thousand conversations, %s', (_, prepare) => {
  beforeAll(async () => {
    await prepare();
    await scene.makeDue();
  }, 30_000);

  it.each(PINNED)('are not scanned for: $name', async (pin) => {
    expect(await faults(pin)).toEqual([]);
  });
});

/**
 * What deals with as many as a page or a batch has, which PostgreSQL can only guess: it may take them for a tenth of
 * all. Those of a label are found by reading all that have it.
 */
const GUESSED = [...LISTS, ...FILTERED, ...COUNTED, ...LEADS, ...JOBS, ...BATCHES, ...DESK].filter(
  ({ name }) => !name.includes('with each of a label'),
);

describe('a hundred thousand conversations, when the planner expects every join to be large', () => {
  beforeAll(async () => {
    await plans.avoidNestedLoops();
    await scene.makeDue();
  }, 30_000);

  it.each(GUESSED)('are not scanned for: $name', async (pin) => {
    expect(await faults(pin)).toEqual([]);
  });
});

describe('every index', () => {
  const INDEXES = `
    select c.relname as name, obj_description(c.oid, 'pg_class') as needed_by, i.indisunique as is_unique
    from pg_index i join pg_class c on c.oid = i.indexrelid
    where c.relnamespace = 'public'::regnamespace
      and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))`;
  interface Index {
    name: string;
    needed_by: string | null;
    is_unique: boolean;
  }

  it('names its query', async () => {
    const indexes = await base.database.rows<Index>(INDEXES);
    expect(indexes.length).toBeGreaterThan(15);
    expect(indexes.filter(({ needed_by }) => needed_by === null)).toEqual([]);
  });

  it('is in one of these plans, unless it is unique', async () => {
    const indexes = await base.database.rows<Index>(INDEXES);
    expect(indexes.filter(({ name, is_unique }) => !is_unique && !used.has(name))).toEqual([]);
  });
});
