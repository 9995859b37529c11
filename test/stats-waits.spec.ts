import fc from 'fast-check';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { ActivityFold } from '../src/stats/activity-fold.js';
import type { WaitStatistics } from '../src/stats/stats-responses.js';
import type { InboxWaits } from '../src/stats/wait-statistics.js';
import { TestApplication } from './support/application.js';
import { SEED, TIMES } from './support/chance.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, report, reportBatch } from './support/messages.js';
import { countWaits, percentile, type Bounds } from './support/plain-waits.js';
import { lives, NINE, stepsOf, type Life } from './support/random-lives.js';
import { fold, foldAll, read, tell, unfolded } from './support/story.js';
import { World, type Person } from './support/world.js';

const LIVES = 6 * TIMES;

let app: TestApplication;
let other: TestApplication;
let world: World;
let inbox: InboxResponse;
let ann: Person;
beforeAll(async () => {
  app = await TestApplication.start();
  other = await app.another();
});
beforeEach(async () => {
  world = await World.create(app);
  inbox = await world.inbox({ waitTargetSeconds: 100 });
  ann = await world.operator({ inboxes: [inbox] });
});
afterAll(async () => {
  await other.stop();
  await app.stop();
});

const time = (ms: number) => new Date(ms).toISOString();
/** A whole minute of an hour ago, read once for all: a minute may end between two looks at the clock. */
const AN_HOUR_AGO = Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000;
const at = (minute: number) => time(AN_HOUR_AGO + minute * 60_000);

async function waits(query = ''): Promise<InboxWaits[]> {
  return (await read<WaitStatistics>(world, `/stats/waits${query}`)).data;
}

async function waitsWithin({ from, to }: Bounds): Promise<Record<string, Partial<InboxWaits>>> {
  const query = new URLSearchParams();
  if (from !== null) query.set('from', time(from));
  if (to !== null) query.set('to', time(to));
  return Object.fromEntries(
    (await waits(`?${query.toString()}`)).map(
      ({ inboxId, inboxName: _, firstReplyP50, firstReplyP90, ...figures }) => {
        expect([firstReplyP50, firstReplyP90]).toEqual([null, null]);
        return [inboxId, figures];
      },
    ),
  );
}

const NOTHING = {
  given: 0,
  mean: null,
  p50: null,
  p90: null,
  p95: null,
  within: { '30': null, '60': null, '300': null, '900': null, '3600': null },
  withinTarget: null,
  unserved: 0,
  firstReplyP50: null,
  firstReplyP90: null,
};

describe('waits', () => {
  it('are those of what was given, in the inbox in which they ended', async () => {
    const begin = NINE;
    for (const seconds of [10, 30, 100, 200])
      await tell(world, inbox, [
        { type: 'created', at: time(begin) },
        {
          type: 'claimed',
          at: time(begin + seconds * 1_000),
          to: ann.id,
          waitingSince: time(begin),
        },
      ]);
    await tell(world, inbox, [
      { type: 'created', at: time(begin) },
      { type: 'resolved', at: time(begin + 5_000), waitingSince: time(begin) },
    ]);
    for (const folded of [false, true]) {
      if (folded) await foldAll(world);
      expect(await waits()).toEqual([
        {
          inboxId: inbox.id,
          inboxName: inbox.name,
          given: 4,
          mean: 85,
          p50: 65,
          p90: 170,
          p95: 185,
          within: { '30': 0.5, '60': 0.5, '300': 1, '900': 1, '3600': 1 },
          withinTarget: 0.75,
          unserved: 1,
          firstReplyP50: null,
          firstReplyP90: null,
        },
      ]);
    }
  });

  it('have a row for each inbox, and one archived only with figures', async () => {
    const quiet = await world.inbox({ name: 'Quiet' });
    const archived = await world.inbox({ name: 'Archived' });
    const former = await world.inbox({ name: 'Former' });
    await tell(world, former, [
      { type: 'created', at: time(NINE) },
      { type: 'resolved', at: time(NINE + 5_000) },
    ]);
    for (const { id } of [archived, former])
      await app.call('patch', `/inboxes/${id}`, world.admin).send({ isActive: false }).expect(200);
    const rows = await waits();
    expect(rows.map(({ inboxName }) => inboxName).sort()).toEqual(['Former', inbox.name, 'Quiet'].sort());
    expect(rows.find(({ inboxId }) => inboxId === quiet.id)).toEqual({
      inboxId: quiet.id,
      inboxName: 'Quiet',
      ...NOTHING,
    });
    expect((await waits(`?inboxId=${former.id}`)).map(({ unserved }) => unserved)).toEqual([1]);
    expect((await waits(`?from=${time(NINE + 5_001)}`)).map(({ inboxName }) => inboxName)).not.toContain(
      'Former',
    );
    expect(await waits(`?inboxId=${ann.id}`)).toEqual([]);
  });

  it('count from when the customer began to wait, also when queued again, and anew when they write again', async () => {
    const { conversation } = await report(world, messageTo(inbox, { occurredAt: at(0) }));
    await world.claim(conversation.id, ann);
    await world.deallocate(conversation.id);
    await world.claim(conversation.id, ann);
    const [first] = await waits();
    const waited = (Date.now() - Date.parse(at(0))) / 1_000;
    expect(first).toMatchObject({ given: 2, withinTarget: 0 });
    expect(first!.p50! - waited).toBeLessThan(60);
    await world.resolve(conversation.id);
    const { externalConversationId } = conversation;
    await report(world, messageTo(inbox, { externalConversationId }));
    await world.claim(conversation.id, ann);
    const [second] = await waits();
    expect(second).toMatchObject({ given: 3, withinTarget: 1 / 3 });
    await foldAll(world);
    expect(await waits()).toEqual([second]);
    await expectInvariants(app.database, world.tenantId);
  });

  it(
    `of random lives equal a plain count of the ledger while two instances fold it: ${LIVES} tenants (TEST_SEED=${SEED})`,
    async () => {
      const property = fc.asyncProperty(lives, fc.nat({ max: 999 }), async (life: Life, odd: number) => {
        world = await World.create(app);
        const inboxes = [await world.inbox({ waitTargetSeconds: 45 }), await world.inbox()];
        const people = [await world.operator(), await world.operator()];
        const bounds: Bounds[] = life.windows.map(({ from, to }) => ({
          from: from === null ? null : NINE + from * 1_000 - odd,
          to: to === null ? null : NINE + to * 1_000 + odd,
        }));
        const all = [{ from: null, to: null }, ...bounds];
        for (const { inbox: first, steps, folds } of life.conversations) {
          await tell(world, inboxes[first]!, stepsOf(steps, people, inboxes));
          await fold(world, Math.min(folds, await unfolded(world)));
        }
        const expected: Awaited<ReturnType<typeof countWaits>>[] = [];
        for (const window of all) expected.push(await countWaits(world, window));
        const shown = () => Promise.all(all.map(waitsWithin));
        expect(await shown()).toEqual(expected);
        const folding = Promise.all([app.run(ActivityFold), other.run(ActivityFold)]);
        for (let i = 0; i < 3; i++) expect(await shown()).toEqual(expected);
        await folding;
        await foldAll(world);
        expect(await shown()).toEqual(expected);
      });
      await fc.assert(property, { seed: SEED, numRuns: LIVES });
    },
    120_000 * TIMES,
  );
});

describe('first replies', () => {
  const writes = (thread: string, occurredAt: string) =>
    report(world, messageTo(inbox, { externalConversationId: thread, occurredAt }));
  const reply = (thread: string, occurredAt: string, more: object = {}) =>
    app
      .call('post', '/orchestrator/replies', world.orchestrator)
      .send({ externalConversationId: thread, inboxId: inbox.id, occurredAt, ...more })
      .expect(200);
  const firstReplies = async (query = '') => {
    const [row] = await waits(`?inboxId=${inbox.id}${query}`);
    return [row!.firstReplyP50, row!.firstReplyP90];
  };

  it('count once for each wait, at the time of the reply', async () => {
    await writes('a', at(0));
    await writes('b', at(0));
    await reply('a', at(2));
    await reply('a', at(3));
    await writes('a', at(4));
    await reply('a', at(5));
    await reply('b', at(10));
    const times = [120, 600];
    expect(await firstReplies()).toEqual([percentile(times, 0.5), percentile(times, 0.9)]);
    expect(await firstReplies(`&from=${at(2)}&to=${at(10)}`)).toEqual([120, 120]);
    expect(await firstReplies(`&from=${at(2.001)}`)).toEqual([600, 600]);
    expect(await firstReplies(`&to=${at(2)}`)).toEqual([null, null]);
    await expectInvariants(app.database, world.tenantId);
  });

  it('count again when the customer wrote after a resolution', async () => {
    const { conversation } = await writes('a', at(0));
    await reply('a', at(1));
    await world.resolve(conversation.id);
    await writes('a', time(Date.now()));
    for (let i = 0; i < 2; i++) await reply('a', time(Date.now()));
    const [again] = await firstReplies(`&from=${at(1.5)}`);
    expect(again).toBeLessThan(50);
    // The one that was read is rounded to milliseconds.
    const near = (share: number) => expect.closeTo(percentile([again!, 60], share)!, 2) as number;
    expect(await firstReplies()).toEqual([near(0.5), near(0.9)]);
    expect(await firstReplies(`&to=${at(1.5)}`)).toEqual([60, 60]);
  });

  it('are not those that were written before the wait, nor those of a repeated id', async () => {
    await writes('a', at(3));
    await reply('a', at(2), { messageId: 'r' });
    expect(await firstReplies()).toEqual([null, null]);
    await reply('a', at(9), { messageId: 'r' });
    expect(await firstReplies()).toEqual([null, null]);
    await reply('a', at(5));
    expect(await firstReplies()).toEqual([120, 120]);
  });

  it('of a batch are the earliest of each thread, in the inbox in which it is', async () => {
    const two = await world.inbox({ name: 'Two' });
    const { conversation } = await writes('a', at(0));
    await app
      .call('post', '/allocation/move-inbox', world.admin)
      .send({ conversationId: conversation.id, inboxId: two.id })
      .expect(200);
    const item = (thread: string, minute: number, more: object = { kind: 'REPLY' }) => ({
      externalConversationId: thread,
      inboxId: inbox.id,
      occurredAt: at(minute),
      ...more,
    });
    await reportBatch(world, [item('a', 5), item('a', 4), item('b', 1, {}), item('b', 8), item('b', 7)]);
    expect(await firstReplies()).toEqual([360, 360]);
    const [moved] = await waits(`?inboxId=${two.id}`);
    expect(moved).toMatchObject({ given: 0, firstReplyP50: 240 });
    const rows = await app.database.rows('select 1 from first_replies where tenant_id = $1', [
      world.tenantId,
    ]);
    expect(rows).toHaveLength(2);
  });
});
