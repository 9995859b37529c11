import { DataSource } from 'typeorm';
import { TestApplication } from './support/application.js';
import { direct } from './support/settings.js';
import { World } from './support/world.js';

let base: TestApplication;
let app: TestApplication;
let world: World;
beforeAll(async () => {
  base = await TestApplication.start();
  app = await base.another({ ...direct(base.database.url), DATABASE_POOL_SIZE: '1' });
  world = await World.create(app);
});
afterAll(async () => {
  await app.stop();
  await base.stop();
});

/** Those that the one connection keeps. */
async function keptStatements(): Promise<number> {
  const [row] = await app.nest
    .get(DataSource)
    .query<{ count: number }[]>('select count(*)::integer as count from pg_prepared_statements');
  return row!.count;
}

function subsetsOf(filters: string[]): string[][] {
  return filters.reduce<string[][]>((all, one) => [...all, ...all.map((some) => [...some, one])], [[]]);
}

const SOME_ID = '019c8f00-0000-7000-8000-000000000001';
const FILTERS = [
  'state=QUEUED',
  `inboxId=${SOME_ID}`,
  `assignedOperatorId=${SOME_ID}`,
  'customerPhoneNumber=%2B4915112345601',
  `labelId=${SOME_ID}`,
  `leadId=${SOME_ID}`,
  'externalConversationId=thread-1',
];

describe('a connection', () => {
  it('does not keep a statement for each combination of filters', async () => {
    const before = await keptStatements();
    for (const sort of ['newest', 'priority']) {
      for (const some of subsetsOf(FILTERS).filter(({ length }) => length <= 3))
        await app
          .call('get', `/conversations?${[`sort=${sort}`, ...some].join('&')}`, world.admin)
          .expect(200);
    }
    // Each filter by itself, none, and a state in an inbox.
    expect((await keptStatements()) - before).toBeLessThanOrEqual(2 * (FILTERS.length + 2));
  });

  it('keeps how a conversation is read, and an inbox by an OPERATOR', async () => {
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const { id } = await world.queued(inbox);
    for (let times = 0; times < 2; times++) {
      for (const { headers } of [{ headers: world.admin }, operator]) {
        await app.call('get', `/conversations/${id}`, headers).expect(200);
        await app.call('get', `/inboxes/${inbox.id}`, headers).expect(200);
      }
    }
    const kept = await app.nest
      .get(DataSource)
      .query<{ runs: string }[]>(
        `select generic_plans + custom_plans as runs from pg_prepared_statements where statement like '/* prepared */%'`,
      );
    expect(kept.map(({ runs }) => Number(runs) > 1)).toEqual([true, true, true]);
  });

  it('keeps frequent statements', async () => {
    const list = () =>
      app.call('get', `/conversations?inboxId=${SOME_ID}&state=QUEUED`, world.admin).expect(200);
    await list();
    const before = await keptStatements();
    await list();
    expect(await keptStatements()).toBe(before);
    const [row] = await app.nest
      .get(DataSource)
      .query<{ runs: string }[]>(
        `select max(generic_plans + custom_plans) as runs from pg_prepared_statements where statement like '%conversation_details%'`,
      );
    expect(Number(row!.runs)).toBeGreaterThan(1);
  });
});
