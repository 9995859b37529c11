import { CHECKS } from '../src/verification/checks.js';
import { verifyTenant, type Finding } from '../src/verification/find-breaches.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { changesNothing, ledgerOf } from './support/behind.js';
import { expectInvariants } from './support/invariants.js';
import { label } from './support/label.js';
import { messageTo, report, reportBatch, reporting, type MessageFields } from './support/messages.js';
import { follow } from './support/pages.js';
import { invalid, refused } from './support/refused.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const NUMBER = '+4930901820';

const changing = (world: World, { id }: { id: string }, fields: object) =>
  app.call('patch', `/inboxes/${id}`, world.admin).send(fields);

async function archive(
  world: World,
  inbox: InboxResponse,
  redirectTo?: InboxResponse,
): Promise<InboxResponse> {
  const redirect = redirectTo === undefined ? {} : { redirectToInboxId: redirectTo.id };
  const { body } = await changing(world, inbox, { isActive: false, ...redirect }).expect(200);
  return body as InboxResponse;
}

const replying = (world: World, reply: MessageFields) =>
  app.call('post', '/orchestrator/replies', world.orchestrator).send(reply);

const settingDefault = (world: World, { id }: InboxResponse) =>
  app.call('patch', '/tenant/settings', world.admin).send({ defaultInboxId: id });

const ids = (inboxes: readonly InboxResponse[]) => inboxes.map(({ id }) => id).sort();

describe('an archived inbox', () => {
  it('is listed only when asked for, and its name and number are free for another', async () => {
    const world = await World.create(app);
    const [old, kept] = [await world.inbox({ name: 'Support', phoneNumber: NUMBER }), await world.inbox()];
    expect(old).toMatchObject({ isActive: true, redirectToInboxId: null });

    expect(await archive(world, old, kept)).toMatchObject({ isActive: false, redirectToInboxId: kept.id });

    const next = await world.inbox({ name: 'Support', phoneNumber: NUMBER });
    expect(ids(await follow<InboxResponse>(app, '/inboxes', world.admin, { limit: 1 }))).toEqual(
      ids([kept, next]),
    );
    const all = await follow<InboxResponse>(app, '/inboxes', world.admin, {
      includeInactive: 'true',
      limit: 1,
    });
    expect(ids(all)).toEqual(ids([old, kept, next]));
    await app.call('get', `/inboxes/${old.id}`, world.admin).expect(200);
    await refused(changing(world, old, { isActive: true }), 'ALREADY_EXISTS');
    await changing(world, next, { name: 'Sales' }).expect(200);
    await refused(changing(world, old, { isActive: true }), 'ALREADY_EXISTS', { field: 'phoneNumber' });
    await changing(world, next, { phoneNumber: null }).expect(200);
    await changing(world, old, { isActive: true }).expect(200);
    expect((await report(world, messageTo(old))).conversation.inboxId).toBe(old.id);
  });

  it('is no target of moves, transfers, subscriptions, defaults and redirects', async () => {
    const world = await World.create(app);
    const [old, kept] = [await world.inbox(), await world.inbox()];
    const [holder, other] = [await world.operator({ inboxes: [kept, old] }), await world.operator()];
    const held = await world.allocated(kept, holder);
    const { id: resolvedId } = await world.resolved(old);
    await archive(world, old);
    const allocation = (path: string, by: World['admin'], body: object) =>
      app.call('post', `/allocation/${path}`, by).send(body);

    await changesNothing(world, async () => {
      const there = { conversationId: held.id, inboxId: old.id };
      await refused(allocation('move-inbox', world.admin, there), 'INBOX_INACTIVE');
      await refused(allocation('transfer', holder.headers, there), 'INBOX_INACTIVE');
      const reopening = { conversationId: resolvedId, operatorId: other.id };
      await refused(allocation('reassign', world.admin, reopening), 'INBOX_INACTIVE');
      const subscribers = `/inboxes/${old.id}/operators`;
      const place = { operatorId: other.id, weight: 1 };
      await refused(app.call('post', subscribers, world.admin).send(place), 'INBOX_INACTIVE');
      await refused(app.call('put', subscribers, world.admin).send([place]), 'INBOX_INACTIVE');
      await refused(settingDefault(world, old), 'INBOX_INACTIVE');
      await refused(changing(world, kept, { redirectToInboxId: old.id }), 'INBOX_INACTIVE');
    });
    await app.call('put', `/inboxes/${old.id}/operators`, world.admin).send([]).expect(200);
  });

  it('is nowhere that something leads to', async () => {
    const world = await World.create(app);
    const [first, second] = [await world.inbox(), await world.inbox()];
    await invalid(changing(world, first, { redirectToInboxId: first.id }), 'redirectToInboxId');
    const foreign = await (await World.create(app)).inbox();
    await refused(changing(world, first, { redirectToInboxId: foreign.id }), 'NOT_FOUND');

    await archive(world, first, second);
    await invalid(changing(world, second, { isActive: false }), 'isActive');
    await changing(world, first, { redirectToInboxId: null }).expect(200);
    await settingDefault(world, second).expect(200);
    await invalid(changing(world, second, { isActive: false }), 'isActive');
    await world.change({ defaultInboxId: null });
    await archive(world, second);
    // Neither counts as the only one.
    await invalid(reporting(world, { externalConversationId: 'thread-1' }), 'inboxId');
    const only = await world.inbox();
    expect((await report(world, { externalConversationId: 'thread-1' })).conversation.inboxId).toBe(only.id);
  });

  it('loses nobody: what is in it is allocated, distributed, queued again and resolved', async () => {
    const world = await World.create(app);
    const [pull, push] = [await world.inbox(), await world.inbox({ distribution: 'ROUND_ROBIN' })];
    const operator = await world.operator({ inboxes: [pull], maxLoad: 2 });
    const taker = await world.operator({ inboxes: [push], status: 'OFFLINE' });
    const [first, second] = [await world.queued(pull), await world.queued(pull)];
    const pushed = await world.queued(push);
    for (const inbox of [pull, push]) await archive(world, inbox);

    await world.claim(first.id, operator);
    expect((await world.allocate(operator))?.id).toBe(second.id);
    await world.deallocate(second.id);
    await world.setStatus(taker, 'AVAILABLE');
    expect(await world.conversation(pushed.id)).toMatchObject({ assignedOperatorId: taker.id });
    for (const { id } of [first, second, pushed]) await world.resolve(id);
    await expectInvariants(app.database, world.tenantId);
  });

  it('explains itself, and is reported when nobody can take what waits in it', async () => {
    const world = await World.create(app);
    const old = await world.inbox();
    const { id } = await world.queued(old);
    await archive(world, old);

    const { body } = await app.call('get', `/conversations/${id}/explain`, world.admin).expect(200);
    expect(body).toMatchObject({ inboxId: old.id, inboxIsActive: false });
    const found: Finding[] = [];
    await verifyTenant(app.database.owner, world.tenantId, {
      finding: (finding) => void found.push(finding),
    });
    expect(found).toEqual([
      expect.objectContaining({
        check: 'waiting-in-an-archived-inbox-of-nobody',
        id: old.id,
        severity: 'warning',
      }),
    ]);
    expect(CHECKS.some(({ name }) => name === found[0]?.check)).toBe(true);
  });
});

describe('a message to an archived inbox', () => {
  it('is refused alone, by id and by number, and changes nothing', async () => {
    const world = await World.create(app);
    const [old, kept] = [await world.inbox({ phoneNumber: NUMBER }), await world.inbox()];
    const known = messageTo(old);
    await report(world, known);
    await archive(world, old);

    const byNumber = { ...messageTo(old), inboxId: undefined, inboxPhoneNumber: NUMBER };
    const lead = { externalId: 'crm-1' };
    await changesNothing(world, async () => {
      for (const message of [messageTo(old, { lead, messageId: 'wamid.1' }), known, byNumber])
        await refused(reporting(world, message), 'INBOX_INACTIVE');
    });
    const results = await reportBatch(world, [messageTo(kept), known, byNumber, messageTo(kept)]);
    expect(results.map(({ status, error }) => error?.code ?? status)).toEqual([
      201,
      'INBOX_INACTIVE',
      'INBOX_INACTIVE',
      201,
    ]);
  });

  it('with a number that an active inbox has goes there', async () => {
    const world = await World.create(app);
    const old = await world.inbox({ phoneNumber: NUMBER });
    const thread = { externalConversationId: 'thread-1', inboxPhoneNumber: NUMBER };
    const before = await report(world, thread);
    await archive(world, old);
    const next = await world.inbox({ phoneNumber: NUMBER });

    const after = await report(world, thread);
    expect(after.conversation).toMatchObject({ inboxId: next.id, messageCount: 1 });
    expect(after.conversation.id).not.toBe(before.conversation.id);
  });

  it('goes to the redirect, always to one conversation', async () => {
    const world = await World.create(app);
    const [old, next] = [await world.inbox({ phoneNumber: NUMBER }), await world.inbox()];
    const open = messageTo(old);
    await report(world, open);
    await archive(world, old, next);

    expect((await report(world, open)).conversation).toMatchObject({ inboxId: old.id, messageCount: 2 });
    const thread = { externalConversationId: 'new', messageId: 'wamid.1' };
    const begun = await report(world, { ...thread, inboxPhoneNumber: NUMBER });
    expect(begun).toMatchObject({
      created: true,
      conversation: { inboxId: next.id, originInboxId: next.id },
    });
    const again = await report(world, { ...thread, inboxId: old.id });
    expect(again).toMatchObject({
      created: false,
      conversation: { id: begun.conversation.id, messageCount: 1 },
    });
    const [first, reply] = await reportBatch(world, [
      { externalConversationId: 'new', inboxId: old.id },
      { kind: 'REPLY', externalConversationId: 'new', inboxPhoneNumber: NUMBER },
    ]);
    expect([first?.conversationId, reply?.conversationId]).toEqual(Array(2).fill(begun.conversation.id));
  });

  it('reopens a resolved conversation in the redirect, with its labels', async () => {
    const world = await World.create(app);
    const [old, next] = [await world.inbox(), await world.inbox({ distribution: 'ROUND_ROBIN' })];
    const operator = await world.operator({ inboxes: [next] });
    const resolved = messageTo(old);
    const { id } = (await report(world, resolved)).conversation;
    await label(world, old, { name: 'VIP', on: [{ id }] });
    await label(world, old, { name: 'Delivery', on: [{ id }] });
    const vip = await label(world, next, { name: 'vip' });
    await world.resolve(id);
    await archive(world, old, next);

    // What was written before the resolution does not reopen it, and does not move it.
    const late = { ...resolved, occurredAt: new Date(Date.now() - 60_000).toISOString() };
    expect((await report(world, late)).conversation).toMatchObject({ state: 'RESOLVED', inboxId: old.id });
    const { conversation, created } = await report(world, resolved);

    expect(created).toBe(false);
    expect(conversation).toMatchObject({
      id,
      state: 'ALLOCATED',
      assignedOperatorId: operator.id,
      inboxId: next.id,
      originInboxId: old.id,
      labels: [vip],
    });
    const entries = (await ledgerOf(world, id)).slice(-3);
    expect(entries).toMatchObject([
      {
        type: 'conversation.moved',
        from: { state: 'RESOLVED', inboxId: old.id },
        to: { state: 'RESOLVED', inboxId: next.id },
      },
      { type: 'conversation.reopened', to: { state: 'QUEUED', inboxId: next.id } },
      { type: 'conversation.distributed' },
    ]);
    await expectInvariants(app.database, world.tenantId);
  });

  it('reopens where it leads to when its conversation was moved to an archived inbox', async () => {
    const world = await World.create(app);
    const [named, old] = [await world.inbox(), await world.inbox()];
    const message = messageTo(named);
    const { id } = (await report(world, message)).conversation;
    const body = { conversationId: id, inboxId: old.id };
    await app.call('post', '/allocation/move-inbox', world.admin).send(body).expect(200);
    await world.resolve(id);
    await archive(world, old);

    expect((await report(world, message)).conversation).toMatchObject({
      id,
      inboxId: named.id,
      state: 'QUEUED',
    });
    await expectInvariants(app.database, world.tenantId);
  });

  it('may be a reply, when the inbox knows the thread', async () => {
    const world = await World.create(app);
    const old = await world.inbox({ phoneNumber: NUMBER });
    const { externalConversationId } = messageTo(old);
    await report(world, { externalConversationId, inboxId: old.id });
    await archive(world, old);

    await replying(world, { externalConversationId, inboxId: old.id }).expect(200);
    await replying(world, { externalConversationId, inboxPhoneNumber: NUMBER }).expect(200);
    await refused(replying(world, { externalConversationId: 'unknown', inboxId: old.id }), 'INBOX_INACTIVE');
  });
});
