import { TestApplication } from './support/application.js';
import { CapturedPlans, tellPlans } from './support/plans/captured-plans.js';
import { direct } from './support/settings.js';
import type { Headers } from './support/application.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import type { State } from '../src/ledger/state-machine.js';
import { World } from './support/world.js';

const INBOX = 6_000;
const PAGE = 20;
/** What is shown, and what it is scored by. The order is read elsewhere. */
const READ_FOR_A_PAGE = 2 * (PAGE + 1);
/** A hundred of the queue and their labels are looked at together. */
const READ_OF_THE_QUEUE = 2 * 100 + 2 * (PAGE + 1);

let base: TestApplication;
let app: TestApplication;
let plans: CapturedPlans;
let world: World;
let resolved: Labelled;
let waiting: Labelled;
let insider: Headers;
let outsider: Headers;

beforeAll(async () => {
  base = await TestApplication.start();
  await tellPlans(base.database);
  app = await base.another({ ...direct(base.database.url), DATABASE_POOL_SIZE: '1' });
  plans = await CapturedPlans.of(app);
  world = await World.create(app);
  [resolved, waiting] = [await labelled('RESOLVED'), await labelled('QUEUED')];
  insider = (await world.operator({ inboxes: [resolved.inbox, waiting.inbox] })).headers;
  outsider = (await world.operator()).headers;
  await base.database.owner.query('analyze');
}, 60_000);
afterAll(async () => {
  await app.stop();
  await base.stop();
});

interface Labelled {
  inbox: InboxResponse;
  labelId: string;
}

/** Conversations of a new inbox, the last message of each ten seconds before that of the one before. */
async function labelled(state: State): Promise<Labelled> {
  const inbox = await world.inbox();
  const path = `/inboxes/${inbox.id}/labels`;
  const { body } = await app.call('post', path, world.admin).send({ name: 'Common' }).expect(201);
  const labelId = (body as { id: string }).id;
  await base.database.rows(
    `insert into conversations (tenant_id, id, inbox_id, origin_inbox_id, external_conversation_id, customer_phone_number,
      state, message_count, waiting_message_count, last_message_at, waiting_since, last_event_id, resolved_at, basis_at, saturated, queue_key)
    select $1, gen_random_uuid(), $2, $2, $3 || '-' || n, '+4915112345601', $3, 1, 1, t, t, gen_random_uuid(),
      case when $3 = 'RESOLVED' then t end, q.basis_at, q.saturated, q.queue_key
    from generate_series(1, ${INBOX}) n
    cross join lateral (select now() - n * interval '10 seconds' as t) at
    left join queue_settings s on s.tenant_id = $1 and $3 = 'QUEUED'
    left join lateral queue_position(s.settings, 1, 0, t, t) q on s.tenant_id is not null`,
    [world.tenantId, inbox.id, state],
  );
  await base.database.rows(
    `insert into conversation_labels (tenant_id, conversation_id, label_id, last_message_at)
    select tenant_id, id, $3, last_message_at from conversations
    where tenant_id = $1 and inbox_id = $2 and split_part(external_conversation_id, '-', 2)::integer % 3 = 0`,
    [world.tenantId, inbox.id, labelId],
  );
  return { inbox, labelId };
}

interface Listed {
  data: { externalConversationId: string }[];
  nextCursor: string | null;
}

async function list({ labelId }: Labelled, query: string, headers: Headers): Promise<Listed> {
  return (await app.call('get', `/conversations?labelId=${labelId}&${query}`, headers).expect(200))
    .body as Listed;
}

const names = ({ data }: Listed) => data.map((conversation) => conversation.externalConversationId);
const every3rd = (state: State, from: number, step: number) =>
  Array.from({ length: PAGE }, (_, i) => `${state}-${from + step * i}`);

describe('a page of the conversations with a label that two thousand have', () => {
  it('has the conversations in the order of activity', async () => {
    const first = await list(resolved, '', world.admin);
    expect(names(first)).toEqual(every3rd('RESOLVED', 3, 3));
    const second = await list(resolved, `cursor=${encodeURIComponent(first.nextCursor!)}`, world.admin);
    expect(names(second)).toEqual(every3rd('RESOLVED', 3 + 3 * PAGE, 3));
    expect(names(await list(resolved, 'sort=oldest', world.admin))[0]).toBe(`RESOLVED-${INBOX}`);
    expect(names(await list(resolved, 'state=QUEUED', world.admin))).toEqual([]);
    for (const filter of [
      `inboxId=${resolved.inbox.id}`,
      'outcome=HANDLED',
      'createdFrom=2001-01-01T00:00:00Z',
    ])
      expect(names(await list(resolved, filter, world.admin))).toEqual(every3rd('RESOLVED', 3, 3));
    const before = new Date(Date.now() - (INBOX - 30) * 10_000).toISOString();
    const oldest = await list(resolved, `lastMessageTo=${before}&limit=100`, world.admin);
    expect(names(oldest)).not.toEqual([]);
    expect(names(oldest).at(-1)).toBe(`RESOLVED-${INBOX}`);
  });

  it('is looked for among all of them by a filter that few fulfil', async () => {
    const name = `RESOLVED-${INBOX}`;
    await app.database.rows(
      `update conversations set outcome = 'SPAM' where tenant_id = $1 and external_conversation_id = $2`,
      [world.tenantId, name],
    );
    const { data, nextCursor } = await list(resolved, 'outcome=SPAM', world.admin);
    expect({ names: data.map(({ externalConversationId }) => externalConversationId), nextCursor }).toEqual({
      names: [name],
      nextCursor: null,
    });
  });

  it('has the conversations in the order of the queue', async () => {
    const first = await list(waiting, 'sort=priority', world.admin);
    expect(names(first)).toEqual(every3rd('QUEUED', INBOX, -3));
    const cursor = encodeURIComponent(first.nextCursor!);
    const second = await list(waiting, `sort=priority&cursor=${cursor}`, world.admin);
    expect(names(second)).toEqual(every3rd('QUEUED', INBOX - 3 * PAGE, -3));
    expect(names(await list(resolved, 'sort=priority', world.admin))).toEqual([]);
    const elsewhere = `sort=priority&inboxId=${resolved.inbox.id}`;
    expect(names(await list(waiting, elsewhere, world.admin))).toEqual([]);
  });

  it('has the same conversations while the weights change', async () => {
    await base.database.rows(
      `update tenants set reranked_up_to = '00000000-0000-0000-0000-000000000000' where id = $1`,
      [world.tenantId],
    );
    try {
      expect(names(await list(waiting, 'sort=priority', insider))).toEqual(every3rd('QUEUED', INBOX, -3));
    } finally {
      await base.database.rows('update tenants set reranked_up_to = null where id = $1', [world.tenantId]);
    }
  });

  describe.each([
    ['activity', () => resolved, '', READ_FOR_A_PAGE],
    ['priority', () => waiting, 'sort=priority', READ_OF_THE_QUEUE],
  ])('by %s', (_order, which, query, most) => {
    it.each([
      ['an ADMIN', () => world.admin, PAGE],
      ['an OPERATOR of the inbox', () => insider, PAGE],
      ['an OPERATOR without the inbox', () => outsider, 0],
    ])('reads only the rows of the page, for %s', async (_who, headers, shown) => {
      let page: Listed | undefined;
      const scans = await plans.during(async () => (page = await list(which(), query, headers())));
      expect(page!.data).toHaveLength(shown);
      const read = scans
        .filter(({ table }) => table === 'conversations')
        .reduce((sum, { rows }) => sum + rows, 0);
      expect(read).toBeLessThanOrEqual(most);
    });
  });
});
