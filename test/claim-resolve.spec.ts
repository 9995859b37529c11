import { randomUUID } from 'node:crypto';
import type { ConversationResponse } from '../src/conversations/conversation.js';
import { TestApplication, type Headers } from './support/application.js';
import { changesNothing, newEntry } from './support/behind.js';
import { messageTo, report } from './support/messages.js';
import { invalid, refused } from './support/refused.js';
import { World, type Person } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

async function setup(settings: Parameters<typeof World.create>[1] = {}) {
  const world = await World.create(app, settings);
  const inbox = await world.inbox();
  return { world, inbox, operator: await world.operator({ inboxes: [inbox] }) };
}

const acting = (action: 'claim' | 'resolve') => (headers: Headers, conversationId: string) =>
  app.call('post', `/allocation/${action}`, headers).send({ conversationId });
const claiming = acting('claim');
const resolving = acting('resolve');

describe('claim', () => {
  it('gives the conversation to the operator who picked it', async () => {
    const { world, inbox, operator } = await setup();
    const { id } = await world.queued(inbox);

    const entry = await newEntry(world, id, async () => {
      const { body } = await claiming(operator.headers, id).expect(200).expect('ETag', '"2"');
      const { conversation } = body as { conversation: ConversationResponse };
      expect(conversation).toMatchObject({
        id,
        state: 'ALLOCATED',
        assignedOperatorId: operator.id,
        version: 2,
        priorityScore: null,
      });
      expect(conversation).toEqual(await world.conversation(id));
    });

    expect(entry).toMatchObject({
      type: 'conversation.claimed',
      version: 2,
      actor: { type: 'OPERATOR', id: operator.id },
      reason: 'Picked by the operator',
      from: { state: 'QUEUED', operatorId: null, inboxId: inbox.id },
      to: { state: 'ALLOCATED', operatorId: operator.id, inboxId: inbox.id },
    });
  });

  it('accepts the id in upper case', async () => {
    const { world, inbox, operator } = await setup();
    const { id } = await world.queued(inbox);
    await claiming(operator.headers, id.toUpperCase()).expect(200);
  });

  it('tells the loser of a race who holds it', async () => {
    const { world, inbox, operator } = await setup();
    const winner = await world.operator({ inboxes: [inbox] });
    const { id } = await world.allocated(inbox, winner);
    const members = { state: 'ALLOCATED', assignedOperatorId: winner.id };
    await changesNothing(world, () =>
      refused(claiming(operator.headers, id), 'CONVERSATION_NOT_QUEUED', members),
    );
  });

  it.each([{ status: 'OFFLINE' as const }, { maxLoad: 1 }])(
    'tells operators with %j who holds it',
    async (fields) => {
      const { world, inbox } = await setup();
      const winner = await world.operator({ inboxes: [inbox] });
      const loser = await world.operator({ inboxes: [inbox], ...fields });
      if ('maxLoad' in fields) await world.allocated(inbox, loser);
      const { id } = await world.allocated(inbox, winner);
      const members = { state: 'ALLOCATED', assignedOperatorId: winner.id };
      await refused(claiming(loser.headers, id), 'CONVERSATION_NOT_QUEUED', members);
    },
  );

  it('is refused for a RESOLVED conversation', async () => {
    const { world, inbox, operator } = await setup();
    const { id } = await world.resolved(inbox);
    const members = { state: 'RESOLVED', assignedOperatorId: null };
    await changesNothing(world, () =>
      refused(claiming(operator.headers, id), 'CONVERSATION_NOT_QUEUED', members),
    );
  });

  it('is 404 outside the inboxes of an OPERATOR, in another tenant and for an unknown id', async () => {
    const { world, operator } = await setup();
    const elsewhere = await world.queued(await world.inbox());
    const foreign = await setup();
    const theirs = await foreign.world.queued(foreign.inbox);
    for (const id of [elsewhere.id, theirs.id, randomUUID()]) {
      await changesNothing(world, () => refused(claiming(operator.headers, id), 'NOT_FOUND'));
    }
  });

  it.each(['MANAGER', 'ADMIN'] as const)('is refused to a %s who is not subscribed', async (role) => {
    const { world, inbox } = await setup();
    const { id } = await world.queued(inbox);
    const { headers } = await world.operator({ role });
    await changesNothing(world, () => refused(claiming(headers, id), 'NOT_SUBSCRIBED'));
  });

  it('is refused to operators who are OFFLINE', async () => {
    const { world, inbox } = await setup();
    const { id } = await world.queued(inbox);
    const { headers } = await world.operator({ inboxes: [inbox], status: 'OFFLINE' });
    await changesNothing(world, () => refused(claiming(headers, id), 'OPERATOR_OFFLINE'));
  });

  it('is refused at capacity, until a conversation is resolved', async () => {
    const { world, inbox } = await setup();
    const busy = await world.operator({ inboxes: [inbox], maxLoad: 2 });
    const held = await world.allocated(inbox, busy);
    await world.allocated(inbox, busy);
    const { id } = await world.queued(inbox);
    await changesNothing(world, () => refused(claiming(busy.headers, id), 'OPERATOR_AT_CAPACITY'));

    await resolving(busy.headers, held.id).expect(200);
    await claiming(busy.headers, id).expect(200);
  });
});

describe('resolve', () => {
  it('resolves a conversation that the operator holds', async () => {
    const { world, inbox, operator } = await setup();
    const { id } = await world.allocated(inbox, operator);

    const entry = await newEntry(world, id, async () => {
      const { body } = await resolving(operator.headers, id).expect(200).expect('ETag', '"3"');
      const { conversation } = body as { conversation: ConversationResponse };
      expect(conversation).toMatchObject({ state: 'RESOLVED', assignedOperatorId: null, version: 3 });
      expect(conversation.resolvedAt).toBe(conversation.updatedAt);
      expect(conversation).toEqual(await world.conversation(id));
    });

    expect(entry).toMatchObject({
      type: 'conversation.resolved',
      version: 3,
      actor: { type: 'OPERATOR', id: operator.id },
      reason: 'Closed by the operator',
      from: { state: 'ALLOCATED', operatorId: operator.id, inboxId: inbox.id },
      to: { state: 'RESOLVED', operatorId: null, inboxId: inbox.id },
    });
  });

  it('works for a holder who is OFFLINE and no longer subscribed', async () => {
    const { world, inbox, operator } = await setup();
    const { id } = await world.allocated(inbox, operator);
    const status = { status: 'OFFLINE' };
    await app.call('put', `/operators/${operator.id}/status`, operator.headers).send(status).expect(200);
    await world.unsubscribe(inbox, operator);

    await resolving(operator.headers, id).expect(200);
  });

  it('is refused to another OPERATOR', async () => {
    const { world, inbox, operator } = await setup();
    const { id } = await world.allocated(inbox, operator);
    const { headers } = await world.operator({ inboxes: [inbox] });
    await changesNothing(world, () => refused(resolving(headers, id), 'FORBIDDEN'));
  });

  it('is 404 for a conversation that the OPERATOR does not see', async () => {
    const { world, inbox, operator } = await setup();
    const { id } = await world.allocated(inbox, operator);
    const { headers } = await world.operator();
    await changesNothing(world, () => refused(resolving(headers, id), 'NOT_FOUND'));
  });

  it.each(['MANAGER', 'ADMIN'] as const)('lets a %s resolve held and waiting conversations', async (role) => {
    const { world, inbox, operator } = await setup();
    const { headers, id: actor } = await world.operator({ role });
    for (const { id } of [await world.allocated(inbox, operator), await world.queued(inbox)]) {
      const entry = await newEntry(world, id, () => resolving(headers, id).expect(200));
      const reason = { MANAGER: 'Closed by a manager', ADMIN: 'Closed by an administrator' }[role];
      expect(entry).toMatchObject({ actor: { type: 'OPERATOR', id: actor }, reason });
    }
  });

  it('lets the orchestrator resolve held and waiting conversations', async () => {
    const { world, inbox, operator } = await setup();
    for (const { id } of [await world.allocated(inbox, operator), await world.queued(inbox)]) {
      const entry = await newEntry(world, id, () => resolving(world.orchestrator, id).expect(200));
      expect(entry).toMatchObject({
        actor: { type: 'SERVICE', id: 'orchestrator' },
        reason: 'Closed by the orchestrator',
      });
    }
  });

  it('does not let an OPERATOR resolve a waiting conversation', async () => {
    const { world, inbox, operator } = await setup();
    const { id } = await world.queued(inbox);
    const members = { state: 'QUEUED', assignedOperatorId: null };
    await changesNothing(world, () =>
      refused(resolving(operator.headers, id), 'CONVERSATION_NOT_ALLOCATED', members),
    );
  });

  it('is refused the second time, even to the same caller', async () => {
    const { world, inbox, operator } = await setup();
    const { id } = await world.allocated(inbox, operator);
    await resolving(operator.headers, id).expect(200);
    for (const headers of [operator.headers, world.admin, world.orchestrator]) {
      await changesNothing(world, () =>
        refused(resolving(headers, id), 'CONVERSATION_ALREADY_RESOLVED', { state: 'RESOLVED' }),
      );
    }
  });

  it('is not final: a new message reopens the conversation', async () => {
    const { world, inbox, operator } = await setup();
    const { id, externalConversationId } = await world.allocated(inbox, operator);
    await resolving(operator.headers, id).expect(200);
    await report(world, messageTo(inbox, { externalConversationId }));

    expect(await world.allocate(operator)).toMatchObject({ id, state: 'ALLOCATED', version: 5 });
    await resolving(operator.headers, id).expect(200);
    expect((await world.history(id)).map((type) => type.replace('conversation.', ''))).toEqual(
      'created claimed resolved reopened allocated resolved'.split(' '),
    );
  });
});

describe.each(['claim', 'resolve'] as const)('If-Match with %s', (action) => {
  async function subject() {
    const { world, inbox, operator } = await setup();
    const { id } = await (action === 'claim' ? world.queued(inbox) : world.allocated(inbox, operator));
    const version = action === 'claim' ? 1 : 2;
    return { world, id, version, call: () => acting(action)(operator.headers, id) };
  }

  it('succeeds with the current version or *', async () => {
    const { version, call } = await subject();
    await call().set('If-Match', `"${version}"`).expect(200);
    await (await subject()).call().set('If-Match', '*').expect(200);
  });

  it('is refused with an older version', async () => {
    const { world, version, call } = await subject();
    await changesNothing(world, async () => {
      for (const other of [version - 1 || 9, version + 1]) {
        await refused(call().set('If-Match', `"${other}"`), 'VERSION_MISMATCH', { version });
      }
    });
  });

  it.each(['1', 'W/"1"', '"1", "2"', '"one"', '"0"', '"-1"', '"1.5"', '"99999999999"', '""'])(
    'is refused when it says %s',
    async (match) => {
      const { world, call } = await subject();
      await changesNothing(world, () => invalid(call().set('If-Match', match), 'If-Match'));
    },
  );
});

it.each(['claim', 'resolve'] as const)('%s accepts a conversation id and nothing else', async (action) => {
  const { world, operator } = await setup();
  const call = () => app.call('post', `/allocation/${action}`, operator.headers);
  await changesNothing(world, async () => {
    await invalid(call(), 'conversationId');
    await invalid(call().send({}), 'conversationId');
    await invalid(call().send({ conversationId: 'one' }), 'conversationId');
    await invalid(call().send({ conversationId: randomUUID(), operatorId: operator.id }), 'operatorId');
  });
});

describe('a tenant with autoSubscribe', () => {
  async function taking(take: (person: Person, id: string) => PromiseLike<unknown>) {
    const { world, inbox } = await setup({ autoSubscribe: true });
    const stranger = await world.operator();
    const { id } = await world.queued(inbox);
    await take(stranger, id);
    expect(await world.conversation(id)).toMatchObject({ assignedOperatorId: stranger.id });
    const { body } = await app.call('get', `/inboxes/${inbox.id}/operators`, stranger.headers).expect(200);
    const { data } = body as { data: object[] };
    expect(data).toMatchObject([{ inboxId: inbox.id, operatorId: stranger.id, weight: 1 }]);
  }

  it('subscribes the operator who claims', () =>
    taking(({ headers }, id) => claiming(headers, id).expect(200)));

  it('subscribes the operator who allocates', () =>
    taking(({ headers }) => app.call('post', '/allocation/allocate', headers).send({}).expect(200)));

  it('keeps the weight of an existing subscription', async () => {
    const { world, inbox } = await setup({ autoSubscribe: true });
    const operator = await world.operator({ inboxes: [inbox], weight: 7 });
    await world.allocated(inbox, operator);
    const { body } = await app.call('get', `/inboxes/${inbox.id}/operators`, operator.headers).expect(200);
    expect((body as { data: object[] }).data).toMatchObject([{ weight: 7 }]);
  });
});
