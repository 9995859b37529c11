import type { ConversationResponse } from '../src/conversations/conversation.js';
import type { Page } from '../src/http/cursor.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { SearchIndex } from '../src/search/search-index.js';
import { rarestTrigrams, trigramsOf } from '../src/search/trigrams.js';
import { TestApplication, type Headers } from './support/application.js';
import { sessionsWaiting, whileHolding } from './support/faults/locks.js';
import { messageTo, report, reportBatch, type MessageFields } from './support/messages.js';
import { follow } from './support/pages.js';
import { minutesBefore, World, type Person } from './support/world.js';

let app: TestApplication;
let world: World;
let inbox: InboxResponse;
let operator: Person;
beforeAll(async () => {
  app = await TestApplication.start();
});
beforeEach(async () => {
  world = await World.create(app);
  inbox = await world.inbox();
  operator = await world.operator({ inboxes: [inbox] });
});
afterAll(() => app.stop());

const PATH = '/conversations/search';
const HIGHEST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

const found = async (q: string, headers: Headers = world.admin, limit = 20) =>
  (await follow(app, PATH, headers, { q, limit })).map(({ id }) => id);
const posting = (body: object, headers: Headers = world.admin) => app.call('post', PATH, headers).send(body);
const posted = async (body: object, headers?: Headers) =>
  (await posting(body, headers).expect(200)).body as Page<ConversationResponse>;
const written = async (fields: MessageFields) => (await report(world, messageTo(inbox, fields))).conversation;

describe('the index of the search', () => {
  const backlog = async () =>
    (
      await app.database.rows<{ count: number }>(
        'select coalesce(sum(cardinality(conversation_ids)), 0)::integer as count from search_backlog where tenant_id = $1',
        [world.tenantId],
      )
    )[0]!.count;
  const thousand = (fields: (n: number) => MessageFields) =>
    reportBatch(
      world,
      Array.from({ length: 1_000 }, (_, n) => messageTo(inbox, fields(n))),
    );

  it('has nothing to do for messages that change nothing', async () => {
    const fields = { externalConversationId: 'thread-1', displayName: 'Carla' };
    await written(fields);
    expect(await backlog()).toBe(1);
    await app.run(SearchIndex);
    await written(fields);
    await written({ externalConversationId: 'thread-1', subject: 'Refund' });
    // An older message changes the name of nobody.
    await written({ ...fields, displayName: 'Carola', occurredAt: minutesBefore(60) });
    expect(await backlog()).toBe(0);
  });

  it('is filled by a job, a search waits only for the newest', async () => {
    await thousand((n) => ({ displayName: `Early ${n}`, occurredAt: minutesBefore(60) }));
    await thousand((n) => ({ displayName: `Late ${n}`, occurredAt: minutesBefore(30) }));
    expect(await found('late 77')).toHaveLength(11);
    expect(await backlog()).toBe(1_000);
    await app.run(SearchIndex);
    expect(await backlog()).toBe(0);
    expect(await found('early 77')).toHaveLength(11);
  });

  it('gives the same as looking at every conversation, for frequent and for rare parts, page by page', async () => {
    const names = ['Anna', 'Bernd', 'Carla'];
    await thousand((n) => ({
      displayName: `${names[n % 3]!} ${n % 50 === 0 ? 'Rare' : 'Frequent'} ${n}`,
      externalConversationId: `x-${n}`,
      customerPhoneNumber: `+49151${10_000_000 + n * 7_919}`,
      occurredAt: minutesBefore(1_000 - n),
    }));
    // The only ones with this name, behind a thousand others.
    await reportBatch(
      world,
      [1, 2, 3].map((n) =>
        messageTo(inbox, { displayName: `Oldest ${n}`, occurredAt: minutesBefore(2_000 + n) }),
      ),
    );
    await app.run(SearchIndex);
    const all = await follow(app, '/conversations', world.admin, { limit: 100 });
    for (const part of ['anna', 'rare', 'frequent', 'carla rare', 'oldest', '151', '4951', '9 0', 'nobody']) {
      const expected = all.filter(({ displayName, customerPhoneNumber }) =>
        [displayName!.toLowerCase(), customerPhoneNumber!].some((text) => text.includes(part)),
      );
      const ids = expected.map(({ id }) => id);
      expect({ part, ids: await found(part, world.admin, 100) }).toEqual({ part, ids });
      expect({ part, ids: await found(part, operator.headers, 30) }).toEqual({ part, ids });
    }
  });

  it('never stores an older text over a newer one', async () => {
    const { externalConversationId } = await written({ displayName: 'Carla' });
    let searching: Promise<string[]> | undefined;
    // Another search has read the name, and has not stored it yet.
    await whileHolding(app.database, 'select take_search_backlog($1, 1000)', world.tenantId, async () => {
      await thousand((n) => (n === 0 ? { externalConversationId, displayName: 'Doris' } : {}));
      searching = found('doris');
      await sessionsWaiting(app.database, 1);
    });
    expect(await searching).toHaveLength(1);
  });

  it('finds for an OPERATOR only what they see', async () => {
    const elsewhere = await world.inbox();
    await report(world, messageTo(elsewhere, { displayName: 'Oldest', occurredAt: minutesBefore(90) }));
    const { id } = await written({ displayName: 'Oldest', occurredAt: minutesBefore(100) });
    await thousand((n) => ({ displayName: `Newer ${n}` }));
    await app.run(SearchIndex);
    expect(await found('oldest')).toHaveLength(2);
    expect(await found('oldest', operator.headers)).toEqual([id]);
  });
});

describe('a part that thousands of old conversations have, and none of the newest', () => {
  const [NEWER, OLDER] = [22_500, 4_500];
  /** The newest that a page looks at, and the candidates of the index with one more, which shows that there are more. */
  const [NEWEST, CANDIDATES] = [20_000, 2_001];
  interface Old {
    id: string;
    thread: string;
    at: string;
  }

  /** Inserts them as old as they are counted, with what the job would store. */
  async function fill(): Promise<Old[]> {
    const rows = await app.database.rows<Old>(
      `insert into conversations (tenant_id, id, inbox_id, origin_inbox_id, external_conversation_id, state, message_count,
        last_message_at, waiting_since, last_event_id, resolved_at)
      select $1, gen_random_uuid(), $2, $2, case when n <= ${NEWER} then 'new-' else 'spring-' end || n, 'RESOLVED', 1,
        now() - n * interval '1 second', now(), gen_random_uuid(), now()
      from generate_series(1, ${NEWER + OLDER}) n
      returning id, external_conversation_id as thread, last_message_at::text as at`,
      [world.tenantId, inbox.id],
    );
    await app.database.rows(
      `insert into search_texts (tenant_id, conversation_id, text, trigrams)
      select $1, n.id, n.text, n.trigrams::integer[]
      from unnest($2::uuid[], $3::text[], $4::text[]) as n (id, text, trigrams)`,
      [
        world.tenantId,
        rows.map(({ id }) => id),
        rows.map(({ thread }) => thread),
        rows.map(({ thread }) => `{${trigramsOf(world.tenantId, thread).join()}}`),
      ],
    );
    return rows.filter(({ thread }) => thread.startsWith('spring'));
  }

  it('is found behind a page that is not full, by everybody who sees them', async () => {
    const expected = (await fill()).map(({ id }) => id).slice(0, 150);
    for (const headers of [world.admin, operator.headers]) {
      const ids: string[] = [];
      let cursor: string | null = null;
      let pages = 0;
      do {
        const body: object = { q: 'SPRING', limit: 50, ...(cursor === null ? {} : { cursor }) };
        const { data, nextCursor } = await posted(body, headers);
        ids.push(...data.map(({ id }) => id));
        cursor = nextCursor;
        pages++;
      } while (ids.length < 150 && cursor !== null);
      expect(ids).toEqual(expected);
      expect(pages).toBe(4);
    }
  });

  /** The texts that one search of the part reads. */
  async function textsRead(part: string): Promise<number> {
    const { owner } = app.database;
    const count = async () => {
      const { rows } = await owner.query<{ texts: number }>(
        `select sum(seq_tup_read + idx_tup_fetch)::integer as texts from pg_stat_xact_user_tables
        where relname = 'search_texts'`,
      );
      return rows[0]!.texts;
    };
    await owner.query('begin');
    try {
      const before = await count();
      await owner.query(`select set_config('app.tenant_id', $1, true)`, [world.tenantId]);
      await owner.query(`select * from search_page($1, $2, $3, null, null, null, null, 'infinity', $4, 21)`, [
        world.tenantId,
        [part],
        rarestTrigrams(world.tenantId, part, []),
        HIGHEST_ID,
      ]);
      return (await count()) - before;
    } finally {
      await owner.query('rollback');
    }
  }

  it('costs a page no more than the newest 20,000 texts and the candidates that are too many', async () => {
    await fill();
    expect(await textsRead('spring')).toBeGreaterThan(NEWEST);
    expect(await textsRead('spring')).toBeLessThanOrEqual(NEWEST + CANDIDATES);
    // 111 have it.
    expect(await textsRead('w-77')).toBeLessThan(300);
  });
});
