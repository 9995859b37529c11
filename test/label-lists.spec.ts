import { TestApplication } from './support/application.js';
import { CapturedPlans, tellPlans } from './support/plans/captured-plans.js';
import { direct } from './support/settings.js';
import type { Headers } from './support/application.js';
import { World } from './support/world.js';

const INBOX = 6_000;
const PAGE = 20;
/** One in three: by pages of them three times as many are looked at, and each of them a second time to be shown. */
const READ_FOR_A_PAGE = (PAGE + 1) * 3 + 2 * (PAGE + 1);

let base: TestApplication;
let app: TestApplication;
let plans: CapturedPlans;
let world: World;
let inboxId: string;
let labelId: string;
let insider: Headers;
let outsider: Headers;

beforeAll(async () => {
  base = await TestApplication.start();
  await tellPlans(base.database);
  app = await base.another({ ...direct(base.database.url), DATABASE_POOL_SIZE: '1' });
  plans = await CapturedPlans.of(app);
  world = await World.create(app);
  const inbox = await world.inbox();
  inboxId = inbox.id;
  const path = `/inboxes/${inboxId}/labels`;
  const { body } = await app.call('post', path, world.admin).send({ name: 'Common' }).expect(201);
  labelId = (body as { id: string }).id;
  insider = (await world.operator({ inboxes: [inbox] })).headers;
  outsider = (await world.operator()).headers;
  await base.database.rows(
    `insert into conversations (tenant_id, id, inbox_id, external_conversation_id, customer_phone_number, state,
      message_count, last_message_at, waiting_since, last_event_id, resolved_at)
    select $1, gen_random_uuid(), $2, 'thread-' || n, '+4915112345601', 'RESOLVED', 1, t, t, gen_random_uuid(), t
    from generate_series(1, ${INBOX}) n cross join lateral (select now() - n * interval '1 minute' as t) at`,
    [world.tenantId, inboxId],
  );
  await base.database.rows(
    `insert into conversation_labels (tenant_id, conversation_id, label_id)
    select tenant_id, id, $2 from conversations
    where tenant_id = $1 and substr(external_conversation_id, 8)::integer % 3 = 0`,
    [world.tenantId, labelId],
  );
  await base.database.owner.query('analyze');
}, 60_000);
afterAll(async () => {
  await app.stop();
  await base.stop();
});

interface Listed {
  data: { externalConversationId: string }[];
  nextCursor: string | null;
}

async function list(query: string, headers: Headers): Promise<Listed> {
  return (await app.call('get', `/conversations?labelId=${labelId}&${query}`, headers).expect(200))
    .body as Listed;
}

const names = ({ data }: Listed) => data.map((conversation) => conversation.externalConversationId);
const every3rd = (from: number) => Array.from({ length: PAGE }, (_, i) => `thread-${from + 3 * i}`);

describe('a page of the conversations with a label that two thousand have', () => {
  it('has the conversations in order', async () => {
    const first = await list('', world.admin);
    expect(names(first)).toEqual(every3rd(3));
    const second = await list(`cursor=${encodeURIComponent(first.nextCursor!)}`, world.admin);
    expect(names(second)).toEqual(every3rd(3 + 3 * PAGE));
    expect(names(await list('sort=oldest', world.admin))[0]).toBe(`thread-${INBOX}`);
    expect(names(await list('state=QUEUED', world.admin))).toEqual([]);
    expect(names(await list(`inboxId=${inboxId}`, world.admin))).toEqual(every3rd(3));
  });

  it.each([
    ['an ADMIN', () => world.admin, PAGE],
    ['an OPERATOR of the inbox', () => insider, PAGE],
    ['an OPERATOR without the inbox', () => outsider, 0],
  ])('reads only the rows of the page, for %s', async (_, headers, shown) => {
    let page: Listed | undefined;
    const scans = await plans.during(async () => (page = await list('', headers())));
    expect(page!.data).toHaveLength(shown);
    const read = scans
      .filter(({ table }) => table === 'conversations')
      .reduce((sum, { rows }) => sum + rows, 0);
    expect(read).toBeLessThanOrEqual(READ_FOR_A_PAGE);
  });
});
