import { randomUUID } from 'node:crypto';
import type { ConversationResponse } from '../src/conversations/conversation.js';
import type { TenantSettings } from '../src/tenants/tenant-requests.js';
import { TestApplication } from './support/application.js';
import { ledgerOf } from './support/behind.js';
import { label } from './support/label.js';
import { messageTo, report } from './support/messages.js';
import { follow, page } from './support/pages.js';
import { invalid, refused } from './support/refused.js';
import { minutesBefore, World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

async function setup(settings: TenantSettings = {}) {
  const world = await World.create(app, settings);
  const inbox = await world.inbox();
  return { world, inbox, operator: await world.operator({ inboxes: [inbox] }) };
}

describe('one conversation', () => {
  it('has its version as ETag', async () => {
    const { world, inbox, operator } = await setup();
    const { id } = await world.queued(inbox);
    const read = () => app.call('get', `/conversations/${id}`, operator.headers).expect(200);
    await read().expect('ETag', '"1"');

    const allocated = await world.allocate(operator);
    const { body } = await read().expect('ETag', '"2"');
    expect(body).toEqual(allocated);
  });

  it('has exactly the fields of the contract', async () => {
    const { world, inbox } = await setup();
    const names =
      'id tenantId inboxId inboxName originInboxId externalConversationId customerPhoneNumber customerAddress ' +
      'displayName subject leadId state assignedOperatorId assignedOperatorName lastOperatorId lastOperatorName ' +
      'messageCount waitingMessageCount lastMessageAt waitingSince boostMinutes lastReplyAt awaitingReplySince acceptBy ' +
      'isParked parkedUntil priorityScore labels version createdAt updatedAt resolvedAt outcome';
    expect(Object.keys(await world.queued(inbox)).sort()).toEqual(names.split(' ').sort());
  });

  it('has its labels in the order of their names', async () => {
    const { world, inbox } = await setup();
    const conversation = await world.queued(inbox);
    const other = await world.queued(inbox);
    const refund = await label(world, inbox, { name: 'Refund', on: [conversation, other] });
    const angry = await label(world, inbox, { name: 'Angry', color: '#d97706', on: [conversation] });
    await label(world, inbox, { name: 'Unused' });

    expect((await world.conversation(conversation.id)).labels).toEqual([angry, refund]);
    expect((await world.conversation(other.id)).labels).toEqual([refund]);
  });

  it('is 404 for callers who do not see it', async () => {
    const { world, inbox } = await setup();
    const { id } = await world.queued(inbox);
    const stranger = await world.operator();
    const foreign = await World.create(app);
    for (const headers of [stranger.headers, foreign.admin, foreign.orchestrator]) {
      await refused(app.call('get', `/conversations/${id}`, headers), 'NOT_FOUND');
      await refused(app.call('get', `/conversations/${id}/history`, headers), 'NOT_FOUND');
    }
    await refused(app.call('get', `/conversations/${randomUUID()}`, world.admin), 'NOT_FOUND');
    await invalid(app.call('get', '/conversations/one', world.admin), 'id');
  });

  it('stays visible to its holder without a subscription', async () => {
    const { world, inbox, operator } = await setup();
    const { id } = await world.allocated(inbox, operator);
    await world.queued(inbox);
    await world.unsubscribe(inbox, operator);

    await app.call('get', `/conversations/${id}`, operator.headers).expect(200);
    const { data } = await page(app, '/conversations', operator.headers);
    expect(data.map((shown) => shown.id)).toEqual([id]);
  });
});

describe('the priority score', () => {
  interface Case {
    settings: TenantSettings;
    messages?: number;
    minutesAgo: number;
    /** The formula of the product, by hand. */
    score: (minutes: number) => number;
  }
  const cases: [string, Case][] = [
    [
      'the defaults',
      { settings: {}, messages: 5, minutesAgo: 360, score: (m) => 0.4 * (5 / 100) + 0.6 * (m / 1440) },
    ],
    [
      'other weights',
      {
        settings: { alpha: 2, beta: 3, maxMessageCount: 10, maxDelayMinutes: 60 },
        messages: 4,
        minutesAgo: 30,
        score: (m) => 2 * (4 / 10) + 3 * (m / 60),
      },
    ],
    [
      'more messages than count',
      {
        settings: { maxMessageCount: 2 },
        messages: 3,
        minutesAgo: 144,
        score: (m) => 0.4 + 0.6 * (m / 1440),
      },
    ],
    [
      'a wait longer than counts',
      { settings: { maxDelayMinutes: 10 }, minutesAgo: 30, score: () => 0.4 / 100 + 0.6 },
    ],
    [
      'no cap for the wait',
      {
        settings: { maxDelayMinutes: null },
        minutesAgo: 14_400,
        score: (m) => 0.4 / 100 + 0.6 * (m / 1440),
      },
    ],
    [
      'no weight on the wait',
      { settings: { beta: 0 }, messages: 5, minutesAgo: 99, score: () => 0.4 * 0.05 },
    ],
    [
      'no weight on the messages',
      { settings: { alpha: 0 }, messages: 5, minutesAgo: 99, score: (m) => 0.6 * (m / 1440) },
    ],
  ];

  it.each(cases)('follows the formula with %s', async (_, { settings, messages = 1, minutesAgo, score }) => {
    const { world, inbox } = await setup(settings);
    const conversation = await world.queued(inbox, { messages, minutesAgo });
    between(conversation, score, conversation.lastMessageAt);
  });

  it.each([
    ['LAST_MESSAGE', 'lastMessageAt'],
    ['WAITING_SINCE', 'waitingSince'],
  ] as const)('counts the wait from %s when the tenant says so', async (delayBasis, basis) => {
    const { world, inbox } = await setup({ delayBasis });
    const { id, externalConversationId } = await world.queued(inbox, { minutesAgo: 300 });
    await report(world, messageTo(inbox, { externalConversationId, occurredAt: minutesBefore(60) }));

    const conversation = await world.conversation(id);
    between(conversation, (m) => 0.4 * (2 / 100) + 0.6 * (m / 1440), conversation[basis]);
  });

  it('is null unless QUEUED', async () => {
    const { world, inbox, operator } = await setup();
    expect((await world.queued(inbox)).priorityScore).not.toBeNull();
    expect((await world.allocated(inbox, operator)).priorityScore).toBeNull();
    expect((await world.resolved(inbox)).priorityScore).toBeNull();
  });

  /** The score was computed some seconds ago at most; times are cut to milliseconds on the way. */
  function between(
    { priorityScore }: ConversationResponse,
    score: (minutes: number) => number,
    since: string,
  ): void {
    const minutes = (Date.now() - Date.parse(since)) / 60_000;
    expect(priorityScore).toBeLessThanOrEqual(score(minutes + 0.01) + 1e-9);
    expect(priorityScore).toBeGreaterThanOrEqual(score(minutes - 0.2) - 1e-9);
  }
});

describe('the search by phone number', () => {
  it('finds conversations of all states by the exact number, most recent activity first', async () => {
    const { world, inbox, operator } = await setup();
    const [phone, elsewhere] = ['+4915112340001', await world.inbox()];
    const resolved = await world.resolved(inbox, { phone, minutesAgo: 5 });
    const queued = await world.queued(inbox, { phone, minutesAgo: 20 });
    const allocated = await world.allocated(inbox, operator, { phone, minutesAgo: 10 });
    const unseen = await world.queued(elsewhere, { phone, minutesAgo: 1 });
    await world.queued(inbox, { phone: '+4915112340002' });

    const found = async (headers: typeof world.admin, phoneNumber: string) =>
      (await follow(app, '/conversations/search', headers, { phoneNumber, limit: 1 })).map(({ id }) => id);
    const seen = [resolved.id, allocated.id, queued.id];
    expect(await found(world.admin, '+49 151 1234-0001')).toEqual([unseen.id, ...seen]);
    expect(await found(operator.headers, phone)).toEqual(seen);
    expect(await found((await World.create(app)).admin, phone)).toEqual([]);
    expect(await found(world.admin, '+491511234000')).toEqual([]);
  });

  it('finds nothing by what is no number', async () => {
    const { world } = await setup();
    for (const phoneNumber of ['015112340001', 'nobody', '', '+'])
      expect(await follow(app, '/conversations/search', world.admin, { phoneNumber, limit: 1 })).toEqual([]);
  });

  it('needs a phone number', async () => {
    const { world } = await setup();
    const search = () => app.call('get', '/conversations/search', world.admin);
    await invalid(search(), 'phoneNumber');
    await invalid(search().query({ phoneNumber: '+4915112340001', state: 'QUEUED' }), 'state');
  });
});

describe('the history', () => {
  it('has every entry, oldest first', async () => {
    const { world, inbox, operator } = await setup();
    const { id, externalConversationId } = await world.queued(inbox);
    await world.allocate(operator);
    const body = { conversationId: id };
    await app.call('post', '/allocation/resolve', operator.headers).send(body).expect(200);
    await report(world, messageTo(inbox, { externalConversationId }));

    const events = await ledgerOf(world, id);

    const service = { type: 'SERVICE', id: 'orchestrator' };
    const person = { type: 'OPERATOR', id: operator.id };
    const at = (state: string | null, operatorId: string | null = null) => ({
      state,
      operatorId,
      inboxId: state === null ? null : inbox.id,
    });
    const held = at('ALLOCATED', operator.id);
    const [queued, resolved] = [at('QUEUED'), at('RESOLVED')];
    expect(events).toMatchObject([
      { type: 'conversation.created', actor: service, from: at(null), to: queued, score: null },
      { type: 'conversation.allocated', actor: person, from: queued, to: held },
      { type: 'conversation.resolved', actor: person, from: held, to: resolved, score: null },
      { type: 'conversation.reopened', actor: service, from: resolved, to: queued, score: null },
    ]);
    expect(events.map(({ version }) => version)).toEqual([1, 2, 3, 4]);
    expect(events.map((event) => event.occurredAt)).toEqual(events.map((event) => event.occurredAt).sort());
    for (const event of events) {
      expect(event).toMatchObject({ conversationId: id, inboxId: inbox.id, externalConversationId });
      expect(event.reason).not.toBe('');
    }
  });

  it('has the score of an allocation', async () => {
    const { world, inbox, operator } = await setup();
    const { id, priorityScore } = await world.queued(inbox, { minutesAgo: 720 });
    await world.allocate(operator);
    const [, allocated] = await ledgerOf(world, id);
    expect(allocated!.score).toBeCloseTo(priorityScore!, 3);
    expect(allocated!.reason).toContain(allocated!.score!.toFixed(4));
  });
});
