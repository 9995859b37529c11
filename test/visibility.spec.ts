import type { ConversationResponse } from '../src/conversations/conversation.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication, type Headers } from './support/application.js';
import { refused } from './support/refused.js';
import { World, type Person } from './support/world.js';

const PHONE = '+4915119999999';

let app: TestApplication;
let world: World;
let subscribed: InboxResponse;
let elsewhere: InboxResponse;
let operator: Person;
let colleague: Person;
let everybodyElse: Record<string, Headers>;
/** By where they lie and who has them. */
let seen: Record<'waiting' | 'heldByColleague' | 'resolved' | 'ownElsewhere', ConversationResponse>;
let unseen: Record<'waiting' | 'heldByColleague' | 'resolved', ConversationResponse>;

beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
  [subscribed, elsewhere] = [await world.inbox(), await world.inbox()];
  operator = await world.operator({ inboxes: [subscribed, elsewhere] });
  colleague = await world.operator({ inboxes: [subscribed, elsewhere] });
  const manager = await world.operator({ role: 'MANAGER' });
  everybodyElse = { MANAGER: manager.headers, ADMIN: world.admin, SERVICE: world.orchestrator };
  const customer = { phone: PHONE };
  seen = {
    waiting: await world.queued(subscribed, customer),
    heldByColleague: await world.allocated(subscribed, colleague, customer),
    resolved: await world.resolved(subscribed, customer),
    ownElsewhere: await world.allocated(elsewhere, operator, customer),
  };
  unseen = {
    waiting: await world.queued(elsewhere, customer),
    heldByColleague: await world.allocated(elsewhere, colleague, customer),
    resolved: await world.resolved(elsewhere, customer),
  };
  // Now they hold one in an inbox they are not subscribed to any more.
  await world.unsubscribe(elsewhere, operator);
});
afterAll(() => app.stop());

const idsOf = (conversations: { id: string }[]) => conversations.map(({ id }) => id).sort();

async function listed(path: string, headers: Headers): Promise<string[]> {
  const { body } = await app.call('get', path, headers).expect(200);
  const { data, hasMore } = body as { data: ConversationResponse[]; hasMore: boolean };
  expect(hasMore).toBe(false);
  return idsOf(data);
}

/** Every list of conversations, and which of all conversations it would show to somebody who sees everything. */
const LISTS: [path: () => string, shows: (conversation: ConversationResponse) => boolean][] = [
  [() => '/conversations', () => true],
  [() => '/conversations?sort=newest', () => true],
  [() => '/conversations?sort=oldest', () => true],
  [() => '/conversations?sort=priority', ({ state }) => state === 'QUEUED'],
  [() => '/conversations?state=QUEUED', ({ state }) => state === 'QUEUED'],
  [() => '/conversations?state=ALLOCATED', ({ state }) => state === 'ALLOCATED'],
  [() => '/conversations?state=RESOLVED', ({ state }) => state === 'RESOLVED'],
  [() => `/conversations?inboxId=${subscribed.id}`, ({ inboxId }) => inboxId === subscribed.id],
  [() => `/conversations?inboxId=${elsewhere.id}`, ({ inboxId }) => inboxId === elsewhere.id],
  [() => `/conversations?inboxId=${subscribed.id.toUpperCase()}`, ({ inboxId }) => inboxId === subscribed.id],
  [
    () => `/conversations?inboxId=${elsewhere.id}&sort=priority`,
    ({ inboxId, state }) => inboxId === elsewhere.id && state === 'QUEUED',
  ],
  [
    () => `/conversations?inboxId=${elsewhere.id}&state=ALLOCATED`,
    ({ inboxId, state }) => inboxId === elsewhere.id && state === 'ALLOCATED',
  ],
  [() => `/conversations?assignedOperatorId=${operator.id}`, (c) => c.assignedOperatorId === operator.id],
  [() => `/conversations?assignedOperatorId=${colleague.id}`, (c) => c.assignedOperatorId === colleague.id],
  [() => `/conversations?customerPhoneNumber=${encodeURIComponent(PHONE)}`, () => true],
  [
    () => `/conversations?customerPhoneNumber=${encodeURIComponent(PHONE)}&sort=priority`,
    ({ state }) => state === 'QUEUED',
  ],
  [() => `/conversations/search?phoneNumber=${encodeURIComponent(PHONE)}`, () => true],
  [() => `/conversations/search?q=${PHONE.slice(-6)}`, () => true],
  [() => `/conversations?labelId=${subscribed.id}`, () => false],
  [() => `/conversations?leadId=${subscribed.id}`, () => false],
  ...(['waiting', 'heldByColleague', 'resolved'] as const).map((which): (typeof LISTS)[number] => [
    () => `/conversations?externalConversationId=${unseen[which].externalConversationId}`,
    ({ id }) => id === unseen[which].id,
  ]),
  [
    () => `/conversations?externalConversationId=${seen.ownElsewhere.externalConversationId}`,
    ({ id }) => id === seen.ownElsewhere.id,
  ],
];

describe('an OPERATOR', () => {
  it.each(['waiting', 'heldByColleague', 'resolved', 'ownElsewhere'] as const)(
    'sees the conversation and its history: %s',
    async (which) => {
      const { id } = seen[which];
      const { body } = await app.call('get', `/conversations/${id}`, operator.headers).expect(200);
      expect(body).toMatchObject({ id, state: seen[which].state });
      await app.call('get', `/conversations/${id}/history`, operator.headers).expect(200);
    },
  );

  it.each(['waiting', 'heldByColleague', 'resolved'] as const)(
    'does not see, claim or resolve conversations of other inboxes: %s',
    async (which) => {
      const { id } = unseen[which];
      const before = await world.conversation(id);
      for (const path of [`/conversations/${id}`, `/conversations/${id}/history`])
        await refused(app.call('get', path, operator.headers), 'NOT_FOUND');
      for (const path of ['/allocation/claim', '/allocation/resolve']) {
        const body = { conversationId: id };
        await refused(app.call('post', path, operator.headers).send(body), 'NOT_FOUND');
      }
      expect({ ...(await world.conversation(id)), priorityScore: null }).toEqual({
        ...before,
        priorityScore: null,
      });
    },
  );

  it('has exactly the visible conversations in every list', async () => {
    for (const [path, shows] of LISTS) {
      const ids = await listed(path(), operator.headers);
      expect({ path: path(), ids }).toEqual({ path: path(), ids: idsOf(Object.values(seen).filter(shows)) });
    }
  });

  it('has exactly the visible conversations over all pages', async () => {
    for (const sort of ['newest', 'oldest']) {
      const ids: string[] = [];
      let cursor = '';
      do {
        const path = `/conversations?limit=1&sort=${sort}${cursor && `&cursor=${cursor}`}`;
        const { body } = await app.call('get', path, operator.headers).expect(200);
        const { data, nextCursor } = body as { data: { id: string }[]; nextCursor: string | null };
        ids.push(...data.map(({ id }) => id));
        cursor = nextCursor ?? '';
      } while (cursor !== '');
      expect([...ids].sort()).toEqual(idsOf(Object.values(seen)));
    }
  });

  it('has the waiting conversations of their inboxes in their queue', async () => {
    expect(await listed('/allocation/queue', operator.headers)).toEqual([seen.waiting.id]);
    expect(await listed('/allocation/queue', colleague.headers)).toEqual(
      idsOf([seen.waiting, unseen.waiting]),
    );
  });

  it('sees the inboxes they are subscribed to, with their own subscription', async () => {
    expect(await listed('/inboxes', operator.headers)).toEqual([subscribed.id]);
    await app.call('get', `/inboxes/${subscribed.id}`, operator.headers).expect(200);
    // They hold a conversation of the other one.
    await app.call('get', `/inboxes/${elsewhere.id}`, operator.headers).expect(200);
    expect(await listed(`/inboxes/${elsewhere.id}/operators`, operator.headers)).toEqual([]);
    const { body } = await app
      .call('get', `/inboxes/${subscribed.id}/operators`, operator.headers)
      .expect(200);
    const { data } = body as { data: { operatorId: string }[] };
    expect(data.map(({ operatorId }) => operatorId)).toEqual([operator.id]);
  });

  it('resolves a held conversation of an inbox they have left, and then no longer sees it', async () => {
    const [own, inbox] = [await world.operator({ inboxes: [elsewhere] }), elsewhere];
    const { id } = await world.allocated(inbox, own);
    await world.unsubscribe(inbox, own);
    await world.resolve(id, own.headers);
    await refused(app.call('get', `/conversations/${id}`, own.headers), 'NOT_FOUND');
    // As if it had never been: the tests above count what lies there.
    await app.database.rows('delete from conversation_events where conversation_id = $1', [id]);
    await app.database.rows('delete from conversations where id = $1', [id]);
  });

  it('sees all inboxes of the tenant with autoSubscribe', async () => {
    const open = await World.create(app, { autoSubscribe: true });
    const conversation = await open.queued(await open.inbox());
    const anybody = await open.operator();
    expect(await listed('/conversations', anybody.headers)).toEqual([conversation.id]);
    await app.call('get', `/conversations/${conversation.id}`, anybody.headers).expect(200);
  });
});

describe.each(['MANAGER', 'ADMIN', 'SERVICE'])('%s', (right) => {
  it('sees the whole tenant', async () => {
    const all = [...Object.values(seen), ...Object.values(unseen)];
    for (const { id } of all) {
      await app.call('get', `/conversations/${id}`, everybodyElse[right]).expect(200);
      await app.call('get', `/conversations/${id}/history`, everybodyElse[right]).expect(200);
    }
    for (const [path, shows] of LISTS) {
      const ids = await listed(path(), everybodyElse[right]!);
      expect({ path: path(), ids }).toEqual({ path: path(), ids: idsOf(all.filter(shows)) });
    }
    expect(await listed('/inboxes', everybodyElse[right]!)).toEqual(idsOf([subscribed, elsewhere]));
  });

  it('has a queue only with a subscription', async () => {
    const queue = app.call('get', '/allocation/queue', everybodyElse[right]);
    if (right === 'SERVICE') await refused(queue, 'FORBIDDEN');
    else expect((await queue.expect(200)).body).toMatchObject({ data: [] });
  });
});
