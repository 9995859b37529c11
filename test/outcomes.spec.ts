import type { BulkPlan } from '../src/bulk/bulk-responses.js';
import { COLUMNS } from '../src/conversations/exported-conversation.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import type { EventResponse } from '../src/ledger/event.js';
import { OUTCOMES, type Outcome } from '../src/ledger/outcome.js';
import type { QueueStatistics } from '../src/stats/queue-statistics.js';
import type { OperatorsStatistics, OperatorStatistics } from '../src/stats/stats-responses.js';
import { TestApplication, type Headers } from './support/application.js';
import { deliverUntil, hook, opened, REACHABLE } from './support/hooked.js';
import { page } from './support/pages.js';
import { Receiver } from './support/receiver.js';
import { invalid, refused } from './support/refused.js';
import { foldAll, read } from './support/story.js';
import { until } from './support/until.js';
import { World, type Person } from './support/world.js';

let app: TestApplication;
let world: World;
let inbox: InboxResponse;
let oscar: Person;
beforeAll(async () => {
  app = await TestApplication.start(REACHABLE);
});
beforeEach(async () => {
  world = await World.create(app);
  inbox = await world.inbox();
  oscar = await world.operator({ inboxes: [inbox], name: 'Oscar' });
});
afterAll(() => app.stop());

const resolving = (conversationId: string, ending: object = {}, by: Headers = world.admin) =>
  app.call('post', '/allocation/resolve', by).send({ conversationId, ...ending });

/** A conversation that was resolved from the queue. @returns its id */
async function resolved(outcome: Outcome): Promise<string> {
  const { id } = await world.queued(inbox);
  await resolving(id, { outcome }).expect(200);
  return id;
}

async function historyOf(id: string): Promise<EventResponse[]> {
  const { body } = await app.call('get', `/conversations/${id}/history`, world.admin).expect(200);
  return (body as { data: EventResponse[] }).data;
}

/** As the release before the first one with outcomes has left it. */
async function forgetOutcome(id: string): Promise<void> {
  await app.database.rows('update conversations set outcome = null where id = $1', [id]);
  await app.database.rows('update conversation_events set outcome = null where conversation_id = $1', [id]);
}

interface Entry {
  type: string;
  outcome: string | null;
  waiting_since: Date | null;
}

const entriesOf = (id: string) =>
  app.database.rows<Entry>(
    `select e.type, e.outcome, e.waiting_since from conversation_events e where e.conversation_id = $1 order by e.version`,
    [id],
  );

describe('the ledger', () => {
  it('says since when a conversation waited that leaves the queue', async () => {
    const { id, waitingSince } = await world.queued(inbox, { minutesAgo: 7 });
    await world.claim(id, oscar);
    await world.deallocate(id);
    await world.resolve(id);
    const waited = new Date(waitingSince);
    expect(await entriesOf(id)).toEqual([
      { type: 'conversation.created', outcome: null, waiting_since: null },
      { type: 'conversation.claimed', outcome: null, waiting_since: waited },
      { type: 'conversation.deallocated', outcome: null, waiting_since: null },
      { type: 'conversation.resolved', outcome: 'HANDLED', waiting_since: waited },
    ]);
  });
});

describe('a resolve', () => {
  it.each([undefined, ...OUTCOMES])('with outcome %s shows it with the conversation', async (outcome) => {
    const { id } = await world.allocated(inbox, oscar);
    const { body } = await resolving(id, { outcome }, oscar.headers).expect(200);
    expect(body).toMatchObject({ conversation: { state: 'RESOLVED', outcome: outcome ?? 'HANDLED' } });
    expect(await world.conversation(id)).toMatchObject({ outcome: outcome ?? 'HANDLED' });
  });

  it('keeps the reason of the caller in the ledger, or says who closed it', async () => {
    const [one, two] = [await world.queued(inbox), await world.queued(inbox)];
    await resolving(one.id, { outcome: 'SPAM', reason: 'Sells watches' }).expect(200);
    await resolving(two.id, {}, world.orchestrator).expect(200);
    expect((await historyOf(one.id)).at(-1)).toMatchObject({ outcome: 'SPAM', reason: 'Sells watches' });
    expect((await historyOf(two.id)).at(-1)).toMatchObject({
      outcome: 'HANDLED',
      reason: 'Closed by the orchestrator',
    });
  });

  it.each([
    ['outcome', 'handled'],
    ['outcome', ''],
    ['outcome', null],
    ['outcome', ['SPAM']],
    ['reason', ''],
    ['reason', null],
    ['reason', 'a'.repeat(256)],
    ['reason', 'two\nlines'],
    ['reason', 7],
  ])('is refused with %s %j', async (field, value) => {
    const { id } = await world.queued(inbox);
    await invalid(resolving(id, { [field]: value }), field);
    expect(await world.conversation(id)).toMatchObject({ state: 'QUEUED', outcome: null });
  });

  it('that is refused changes no outcome', async () => {
    const id = await resolved('DUPLICATE');
    await refused(resolving(id, { outcome: 'SPAM' }), 'CONVERSATION_ALREADY_RESOLVED');
    expect(await world.conversation(id)).toMatchObject({ outcome: 'DUPLICATE' });
  });
});

describe('an outcome', () => {
  it('stays while the conversation is moved, and goes when it is reopened or reassigned', async () => {
    const other = await world.inbox();
    const { id, externalConversationId } = await world.queued(inbox);
    await resolving(id, { outcome: 'SPAM' }).expect(200);
    await app
      .call('post', '/allocation/move-inbox', world.admin)
      .send({ conversationId: id, inboxId: other.id })
      .expect(200);
    expect(await world.conversation(id)).toMatchObject({ inboxId: other.id, outcome: 'SPAM' });
    await world.queued(inbox, { externalId: externalConversationId, minutesAgo: 0 });
    expect(await world.conversation(id)).toMatchObject({ state: 'QUEUED', outcome: null });
    await resolving(id, { outcome: 'ABANDONED' }).expect(200);
    await app
      .call('post', '/allocation/reassign', world.admin)
      .send({ conversationId: id, operatorId: oscar.id })
      .expect(200);
    expect(await world.conversation(id)).toMatchObject({ state: 'ALLOCATED', outcome: null });
    expect((await historyOf(id)).map(({ type, outcome }) => [type, outcome])).toEqual([
      ['conversation.created', null],
      ['conversation.resolved', 'SPAM'],
      ['conversation.moved', null],
      ['conversation.reopened', null],
      ['conversation.resolved', 'ABANDONED'],
      ['conversation.reassigned', null],
    ]);
  });

  it('stays when a late message does not reopen the conversation', async () => {
    const { id, externalConversationId } = await world.queued(inbox, { minutesAgo: 5 });
    await resolving(id, { outcome: 'SPAM' }).expect(200);
    await world.queued(inbox, { externalId: externalConversationId, minutesAgo: 3 });
    expect(await world.conversation(id)).toMatchObject({
      state: 'RESOLVED',
      outcome: 'SPAM',
      messageCount: 2,
    });
  });

  it('of a conversation from before there were outcomes is HANDLED, everywhere', async () => {
    const id = await resolved('HANDLED');
    await forgetOutcome(id);
    expect(await world.conversation(id)).toMatchObject({ outcome: 'HANDLED' });
    expect((await historyOf(id)).at(-1)).toMatchObject({ outcome: 'HANDLED' });
    const { data } = await page(app, '/conversations', world.admin, { outcome: 'HANDLED' });
    expect(data).toMatchObject([{ id }]);
    await foldAll(world);
    const { data: inboxes } = await read<QueueStatistics>(world, '/stats/queue');
    expect(inboxes[0]!.resolvedByOutcomeLastHour).toMatchObject({ handled: 1 });
  });

  it('is in the feed and in deliveries to webhooks', async () => {
    const receiver = await Receiver.start();
    const { secret } = await hook(world, receiver.url, { events: ['conversation.resolved'] });
    const id = await resolved('ABANDONED');
    const feed = await page<EventResponse>(app, '/events', world.admin, { type: 'conversation.resolved' });
    expect(feed.data).toMatchObject([{ conversationId: id, outcome: 'ABANDONED' }]);
    const all = await page<EventResponse>(app, '/events', world.admin, {});
    expect(all.data.map(({ outcome }) => outcome).filter((outcome) => outcome !== null)).toEqual([
      'ABANDONED',
    ]);
    await deliverUntil(app, () => receiver.received.length === 1);
    expect(opened(secret, receiver.received[0]!)).toMatchObject({ data: { outcome: 'ABANDONED' } });
    await receiver.stop();
  });

  it('is a column of exports', async () => {
    const [spam, waiting] = [await resolved('SPAM'), (await world.queued(inbox)).id];
    const exported = async (type: string, query = '') => {
      const response = await fetch(`${app.url}/api/v1/conversations/export?${query}`, {
        headers: { ...world.admin, Accept: type },
      });
      return (await response.text()).trim().split(/\r?\n/);
    };
    const lines = await exported('application/x-ndjson');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { id: spam, outcome: 'SPAM' },
      { id: waiting, outcome: null },
    ]);
    const [header, row] = await exported('text/csv', 'outcome=SPAM,ABANDONED');
    const place = COLUMNS.indexOf('outcome');
    expect([header!.split(',')[place], row!.split(',')[place]]).toEqual(['outcome', 'SPAM']);
  });

  it('is given to many conversations by a bulk, with its reason', async () => {
    const ids = [(await world.queued(inbox)).id, (await world.queued(inbox)).id];
    const action = { type: 'resolve', outcome: 'SPAM' };
    const { body } = await app
      .call('post', '/allocation/bulk', world.admin)
      .send({ select: { ids }, action, reason: 'A wave of spam' })
      .expect(202);
    const { planId } = body as BulkPlan;
    await until(async () => (await world.conversation(ids[1]!)).state === 'RESOLVED');
    for (const id of ids) {
      expect(await world.conversation(id)).toMatchObject({ outcome: 'SPAM' });
      const reason = `Closed by an administrator in bulk ${planId}: A wave of spam`;
      expect((await historyOf(id)).at(-1)).toMatchObject({ outcome: 'SPAM', reason });
    }
    await invalid(
      app
        .call('post', '/allocation/bulk', world.admin)
        .send({ select: { ids }, action: { type: 'deallocate', outcome: 'SPAM' } }),
      'action.outcome',
    );
  });
});

describe('statistics', () => {
  it('count resolutions by outcome, of inboxes and of operators, folded or not', async () => {
    const other = await world.inbox();
    for (const outcome of ['SPAM', 'SPAM', 'ABANDONED', 'HANDLED'] as const) await resolved(outcome);
    const held = await world.allocated(inbox, oscar);
    await resolving(held.id, { outcome: 'DUPLICATE' }, oscar.headers).expect(200);
    const handled = await world.allocated(inbox, oscar);
    await resolving(handled.id, {}, oscar.headers).expect(200);

    const expectCounts = async () => {
      const { data: inboxes } = await read<QueueStatistics>(world, '/stats/queue');
      const of = (id: string) => inboxes.find(({ inboxId }) => inboxId === id)!;
      const none = { handled: 0, abandoned: 0, spam: 0, duplicate: 0 };
      expect(of(inbox.id)).toMatchObject({
        arrivalsLastHour: 6,
        resolutionsLastHour: 6,
        resolvedByOutcomeLastHour: { handled: 2, abandoned: 1, spam: 2, duplicate: 1 },
      });
      expect(of(other.id)).toMatchObject({ resolutionsLastHour: 0, resolvedByOutcomeLastHour: none });
      const { data: people } = await read<OperatorsStatistics>(world, '/stats/operators');
      const mine = { handled: 1, abandoned: 0, spam: 0, duplicate: 1 };
      expect(people.find(({ operatorId }) => operatorId === oscar.id)).toMatchObject({
        transitions: { resolved: 2 },
        resolvedByOutcome: mine,
      });
      const one = await read<OperatorStatistics>(world, `/operators/${oscar.id}/stats`);
      expect(one).toMatchObject({ transitions: { resolved: 2 }, resolvedByOutcome: mine });
    };
    await expectCounts();
    await foldAll(world);
    await expectCounts();
  });
});
