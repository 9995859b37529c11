import type { BulkPlan, BulkProgress } from '../src/bulk/bulk-responses.js';
import { BulkRuns } from '../src/bulk/bulk-runs.js';
import type { ConversationResponse } from '../src/conversations/conversation.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication, type Headers } from './support/application.js';
import { invalid, refused } from './support/refused.js';
import { define } from './support/labelling.js';
import { until } from './support/until.js';
import { World, type Person } from './support/world.js';

let app: TestApplication;
let world: World;
let inbox: InboxResponse;
let oscar: Person;
beforeAll(async () => {
  app = await TestApplication.start();
});
beforeEach(async () => {
  world = await World.create(app);
  inbox = await world.inbox();
  oscar = await world.operator({ inboxes: [inbox], name: 'Oscar' });
});
afterAll(() => app.stop());

const post = (body: object, headers: Headers = world.admin) =>
  app.call('post', '/allocation/bulk', headers).send(body);

async function planned(request: object, headers: Headers = world.admin): Promise<BulkPlan> {
  const { body } = await post({ ...request, dryRun: true }, headers).expect(200);
  return body as BulkPlan;
}

async function progress(planId: string): Promise<BulkProgress> {
  const { body } = await app.call('get', `/allocation/bulk/${planId}?include=items`, world.admin).expect(200);
  return body as BulkProgress;
}

/** Runs a request or a plan to its end. */
async function done(request: object, headers: Headers = world.admin): Promise<BulkProgress> {
  const { body } = await post(request, headers).expect(202);
  const { planId } = body as BulkPlan;
  await until(async () => (await progress(planId)).status === 'DONE');
  return progress(planId);
}

/** Plans that nobody runs in the background meanwhile. */
async function runningPlan(request: object): Promise<string> {
  const { planId } = await planned(request);
  await app.database.rows(
    `update bulk_plans set status = 'RUNNING', started_at = now(), run_by_type = 'OPERATOR', run_by_id = $2,
      run_by_right = 'ADMIN' where id = $1`,
    [planId, world.admin['X-Operator-Id']],
  );
  return planId;
}

async function several(count: number): Promise<ConversationResponse[]> {
  const conversations: ConversationResponse[] = [];
  for (let i = 0; i < count; i++) conversations.push(await world.queued(inbox));
  return conversations;
}

async function lastReason(id: string): Promise<{ reason: string; actor: object }> {
  const { body } = await app.call('get', `/conversations/${id}/history`, world.admin).expect(200);
  return (body as { data: { reason: string; actor: object }[] }).data.at(-1)!;
}

const idsOf = (conversations: readonly { id: string }[]) => conversations.map(({ id }) => id);

describe('a plan', () => {
  it('shares what somebody holds out among several by least load, and changes nothing', async () => {
    const held = [];
    for (let i = 0; i < 5; i++) held.push(await world.allocated(inbox, oscar));
    const olivia = await world.operator({ inboxes: [inbox] });
    const omar = await world.operator({ inboxes: [inbox] });
    const away = await world.operator({ inboxes: [inbox], status: 'OFFLINE' });
    await world.allocated(inbox, olivia);
    const plan = await planned({
      select: { filters: { assignedOperatorId: [oscar.id] } },
      action: { type: 'reassign', operatorIds: [away.id, olivia.id, omar.id] },
      reason: 'Oscar is ill',
    });
    expect(plan).toMatchObject({
      status: 'PLANNED',
      reason: 'Oscar is ill',
      counts: { items: 5, pending: 5, done: 0, refused: 0, cancelled: 0 },
      startedAt: null,
    });
    const receivers = plan.items.map(({ would }) => would!.assignedOperatorId);
    expect(receivers).toEqual([omar.id, olivia.id, omar.id, olivia.id, omar.id]);
    for (const { id, version } of held) expect((await world.conversation(id)).version).toBe(version);

    const over = await done({ planId: plan.planId });
    expect(over.counts).toMatchObject({ items: 5, pending: 0, done: 5, refused: 0 });
    for (const { conversationId, would } of over.items!) {
      const now = await world.conversation(conversationId);
      expect(now.assignedOperatorId).toBe(would!.assignedOperatorId);
      expect(await lastReason(conversationId)).toMatchObject({
        actor: { type: 'OPERATOR', id: world.admin['X-Operator-Id'] },
        reason: `Given to the operator by a supervisor in bulk ${plan.planId}: Oscar is ill`,
      });
    }
  });

  it('gives nobody more than they may hold, and says so', async () => {
    const olivia = await world.operator({ inboxes: [inbox], maxLoad: 1 });
    const ids = idsOf(await several(3));
    const action = { type: 'reassign', operatorIds: [olivia.id] };
    const { items } = await planned({ select: { ids }, action });
    expect(items.map(({ refusal }) => refusal)).toEqual([
      null,
      'OPERATOR_AT_CAPACITY',
      'OPERATOR_AT_CAPACITY',
    ]);
    const forced = await planned({ select: { ids }, action: { ...action, overrideCapacity: true } });
    expect(forced.counts).toMatchObject({ pending: 3, refused: 0 });
    await app.call('put', `/inboxes/${inbox.id}/operators`, world.admin).send([
      { operatorId: oscar.id, weight: 1, maxLoad: 2 },
      { operatorId: olivia.id, weight: 1 },
    ]);
    const shared = await planned({ select: { ids }, action: { type: 'reassign', operatorIds: [oscar.id] } });
    expect(shared.counts).toMatchObject({ pending: 2, refused: 1 });
  });

  it('tells the refusals of each action, and is what the run then does', async () => {
    const other = await world.inbox();
    const { id: label } = await define(world, inbox);
    const queued = await world.queued(inbox);
    const held = await world.allocated(inbox, oscar);
    const resolved = await world.resolved(inbox);
    const elsewhere = await world.queued(other);
    const nobody = '019c8f00-0000-7000-8000-00000000dead';
    const ids = [...idsOf([queued, held, resolved, elsewhere]), nobody];
    for (const [action, refusals] of [
      [
        { type: 'deallocate' },
        ['CONVERSATION_NOT_ALLOCATED', null, 'CONVERSATION_NOT_ALLOCATED', 'CONVERSATION_NOT_ALLOCATED'],
      ],
      [{ type: 'resolve' }, [null, null, 'CONVERSATION_ALREADY_RESOLVED', null]],
      [{ type: 'label', labelId: label }, [null, null, null, 'LABEL_OF_OTHER_INBOX']],
      [{ type: 'unlabel', labelId: label }, [null, null, null, 'LABEL_OF_OTHER_INBOX']],
      [{ type: 'boost', minutes: 5 }, [null, null, null, null]],
      [{ type: 'move', inboxId: other.id }, [null, null, null, null]],
      [{ type: 'reassign', operatorIds: [oscar.id] }, [null, null, null, null]],
    ] as const) {
      const { items } = await planned({ select: { ids }, action });
      expect([action, items.map(({ refusal }) => refusal)]).toEqual([action, [...refusals, 'NOT_FOUND']]);
      for (const { conversationId, version, would } of items.slice(0, -1)) {
        expect(version).toBe((await world.conversation(conversationId)).version);
        if (would === null) continue;
        const one = await done({ select: { ids: [conversationId] }, action });
        expect(one.counts).toMatchObject({ done: 1 });
        const now = await world.conversation(conversationId);
        expect([action, now]).toMatchObject([
          action,
          { state: would.state, assignedOperatorId: would.assignedOperatorId, inboxId: would.inboxId },
        ]);
        expect([action, now.version]).toEqual([action, version! + (would.changes ? 1 : 0)]);
        break;
      }
    }
  });
});

describe('a run', () => {
  it('reports what changed meanwhile, and forces none of it', async () => {
    const { id: label } = await define(world, inbox);
    for (const action of [
      { type: 'resolve' },
      { type: 'boost', minutes: 7 },
      { type: 'label', labelId: label },
      { type: 'reassign', operatorIds: [oscar.id] },
    ]) {
      const [changed, other] = await several(2);
      const { planId } = await planned({ select: { ids: idsOf([changed!, other!]) }, action });
      const { version } = await world.boost(changed!.id, 33);
      const { items, counts } = await done({ planId });
      expect([action, items!.map(({ refusal }) => refusal)]).toEqual([action, ['VERSION_MISMATCH', null]]);
      expect(counts).toEqual({ items: 2, pending: 0, done: 1, refused: 1, cancelled: 0 });
      expect(await world.conversation(changed!.id)).toMatchObject({
        version,
        boostMinutes: 33,
        state: 'QUEUED',
      });
    }
  });

  it('continues with the other items when one is refused by what happened meanwhile', async () => {
    const { id: label } = await define(world, inbox);
    const ids = idsOf(await several(2));
    const { planId } = await planned({ select: { ids }, action: { type: 'label', labelId: label } });
    await app.call('delete', `/labels/${label}`, world.admin).expect(204);
    expect((await done({ planId })).items!.map(({ refusal }) => refusal)).toEqual(['NOT_FOUND', 'NOT_FOUND']);
  });

  it('is cancelled between two conversations', async () => {
    const ids = idsOf(await several(3));
    const planId = await runningPlan({ select: { ids }, action: { type: 'resolve' } });
    await app.call('post', `/allocation/bulk/${planId}/cancel`, world.admin).expect(200);
    await app.run(BulkRuns);
    expect(await progress(planId)).toMatchObject({ status: 'CANCELLED', counts: { cancelled: 3, done: 0 } });
    for (const id of ids) expect((await world.conversation(id)).state).toBe('QUEUED');
    await refused(post({ planId }), 'PLAN_USED');
    await app.call('post', `/allocation/bulk/${planId}/cancel`, world.admin).expect(200);
  });

  it('is the only one of its tenant', async () => {
    const [one, other] = await several(2);
    const action = { type: 'resolve' };
    const running = await runningPlan({ select: { ids: [one!.id] }, action });
    const waiting = await planned({ select: { ids: [other!.id] }, action });
    await refused(post({ planId: waiting.planId }), 'BULK_RUNNING', { planId: running });
    await refused(post({ select: { ids: [other!.id] }, action }), 'BULK_RUNNING');
    await app.run(BulkRuns);
    await done({ planId: waiting.planId });
    await refused(post({ planId: waiting.planId }), 'PLAN_USED');
  });

  it('is refused for a plan that is too old', async () => {
    const [one] = await several(1);
    const { planId } = await planned({ select: { ids: [one!.id] }, action: { type: 'resolve' } });
    await app.database.rows('update bulk_plans set expires_at = now() where id = $1', [planId]);
    await refused(post({ planId }), 'PLAN_EXPIRED');
  });

  it('runs once for one Idempotency-Key', async () => {
    const [one] = await several(1);
    const request = { select: { ids: [one!.id] }, action: { type: 'boost', minutes: 9 } };
    const headers = { ...world.admin, 'Idempotency-Key': 'bulk-once' };
    const first = await post(request, headers).expect(202);
    const { planId } = first.body as BulkPlan;
    await until(async () => (await progress(planId)).status === 'DONE');
    const second = await post(request, headers).expect(202);
    expect(second.body).toEqual(first.body);
  });
});

describe('a request', () => {
  it('names what is wrong with it', async () => {
    const ids = ['019c8f00-0000-7000-8000-000000000305'];
    const action = { type: 'resolve' };
    await invalid(post({}), 'select');
    await invalid(post({ select: { ids } }), 'action');
    await invalid(post({ select: {}, action }), 'select');
    await invalid(post({ select: { ids, filters: { state: ['QUEUED'] } }, action }), 'select');
    await invalid(post({ select: { filters: {} }, action }), 'select.filters');
    await invalid(post({ select: { filters: { limit: 5 } }, action }), 'select.filters.limit');
    const nul = { customerPhoneNumber: '+49\u0000151' };
    await invalid(post({ select: { filters: nul }, action }), 'select.filters.customerPhoneNumber');
    await invalid(post({ select: { ids: [...ids, ...ids] }, action }), 'select.ids');
    await invalid(post({ planId: ids[0], dryRun: true }), 'dryRun');
    await invalid(post({ select: { ids }, action: { type: 'move' } }), 'action.inboxId');
    await invalid(post({ select: { ids }, action: { ...action, minutes: 5 } }), 'action.minutes');
    const many = Array.from(
      { length: 1_001 },
      (_, n) => `019c8f00-0000-7000-8000-${String(n).padStart(12, '0')}`,
    );
    // No body has longer lists.
    await invalid(post({ select: { ids: many }, action }), 'body');
  });

  it('is refused for more than 1,000 that match', async () => {
    const messages = Array.from({ length: 1_000 }, (_, n) => ({
      inboxId: inbox.id,
      externalConversationId: `m-${n}`,
    }));
    await app.call('post', '/orchestrator/messages/batch', world.orchestrator).send({ messages }).expect(200);
    const request = { select: { filters: { state: ['QUEUED'] } }, action: { type: 'boost', minutes: 1 } };
    expect((await planned(request)).counts.items).toBe(1_000);
    await world.queued(inbox);
    await refused(post({ ...request, dryRun: true }), 'TOO_MANY_SELECTED', { limit: 1_000 });
  });

  it('of a service needs the scope of the action, too', async () => {
    const [one] = await several(1);
    const select = { ids: [one!.id] };
    const route = await world.service(['route']);
    await post({ select, action: { type: 'boost', minutes: 5 }, dryRun: true }, route).expect(200);
    await refused(post({ select, action: { type: 'resolve' } }, route), 'FORBIDDEN');
    const { planId } = await planned({ select, action: { type: 'resolve' } });
    await refused(post({ planId }, route), 'FORBIDDEN');
    const both = await world.service(['route', 'resolve']);
    await done({ planId }, both);
    expect(await lastReason(one!.id)).toMatchObject({
      actor: { type: 'SERVICE', id: 'with route resolve' },
      reason: `Closed by the orchestrator in bulk ${planId}`,
    });
  });
});
