import type { LabelResponse } from '../src/labels/label.js';
import { LabelChanges } from '../src/labels/label-changes.js';
import type { OperatorResponse } from '../src/operators/operator.js';
import { OperatorRelease } from '../src/operators/operator-release.js';
import { WebhookDeletion } from '../src/webhooks/webhook-deletion.js';
import { GraceRepair } from '../src/deadlines/grace-repair.js';
import { Jobs } from '../src/scheduling/jobs.js';
import { TestApplication } from './support/application.js';
import { heldConversations } from './support/held-conversations.js';
import { REACHABLE } from './support/hooked.js';
import { expectInvariants } from './support/invariants.js';
import { define, labelsOf } from './support/labelling.js';
import { page, type Query } from './support/pages.js';
import { refused } from './support/refused.js';
import { World, type Person } from './support/world.js';

/** More than a request carries out itself. */
const MANY_CONVERSATIONS = 6_000;
const HELD = 1_300;

let app: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start(REACHABLE);
});
beforeEach(async () => {
  world = await World.create(app);
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

const count = async (text: string, ...values: unknown[]) => {
  const [row] = await app.database.rows<{ count: number }>(
    `select count(*)::integer as count from ${text}`,
    values,
  );
  return row!.count;
};

/** An instance that dies after the COMMIT of the request starts no job. */
const asIfTheInstanceDied = () => jest.spyOn(app.nest.get(Jobs), 'soon').mockImplementation(() => undefined);

/** An inbox with resolved conversations, which cost the least to make. */
async function crowded(conversations: number) {
  const inbox = await world.inbox();
  await app.database.rows(
    `insert into conversations (tenant_id, id, inbox_id, origin_inbox_id, external_conversation_id, customer_phone_number, state,
      message_count, last_message_at, waiting_since, resolved_at, last_event_id)
    select $1, gen_random_uuid(), $2, $2, 'crowd-' || n, '+4915112345678', 'RESOLVED', 1, now(), now(), now(), gen_random_uuid()
    from generate_series(1, $3) as s (n)`,
    [world.tenantId, inbox.id, conversations],
  );
  return inbox;
}

describe('a label of thousands of conversations', () => {
  const attached = (label: { id: string }) => count('conversation_labels where label_id = $1', label.id);
  const existing = async (inbox: { id: string }, name: string) => {
    const { body } = await app
      .call('post', `/inboxes/${inbox.id}/labels`, world.admin)
      .send({ name, attachToExisting: true })
      .expect(201);
    return body as LabelResponse;
  };
  const listed = async (inbox: { id: string }) =>
    (await page<LabelResponse>(app, `/inboxes/${inbox.id}/labels`, world.admin)).data;

  afterEach(async () => {
    // The crowd has no ledger, which is a breach.
    await app.database.rows('delete from conversation_labels where tenant_id = $1', [world.tenantId]);
    await app.database.rows(`delete from conversations where external_conversation_id like 'crowd-%'`);
  });

  it('is attached to a few before the response', async () => {
    const inbox = await world.inbox();
    const conversation = await world.queued(inbox);
    const label = await existing(inbox, 'Few');
    expect(label.isAttaching).toBe(false);
    expect(await labelsOf(world, conversation)).toEqual([label.id]);
  });

  it('is attached to many after the response, which says so, and nothing is left out', async () => {
    const inbox = await crowded(MANY_CONVERSATIONS);
    const label = await existing(inbox, 'Many');
    expect(label.isAttaching).toBe(true);
    await app.run(LabelChanges);
    expect(await attached(label)).toBe(MANY_CONVERSATIONS);
    expect(await listed(inbox)).toMatchObject([{ id: label.id, isAttaching: false }]);
  });

  it('is attached to the rest when the instance dies meanwhile', async () => {
    const inbox = await crowded(MANY_CONVERSATIONS);
    asIfTheInstanceDied();
    const label = await existing(inbox, 'Many');
    expect(await attached(label)).toBeLessThan(MANY_CONVERSATIONS);
    await app.run(LabelChanges);
    expect(await attached(label)).toBe(MANY_CONVERSATIONS);
  });

  it('is gone at once when it is deleted, and its name is free', async () => {
    const inbox = await crowded(MANY_CONVERSATIONS);
    asIfTheInstanceDied();
    const label = await existing(inbox, 'Gone');
    await app.run(LabelChanges);
    const conversation = await world.queued(inbox);
    const { data } = await page(app, '/conversations', world.admin, { labelId: label.id, limit: 1 });

    await app.call('delete', `/labels/${label.id}`, world.admin).expect(204);

    expect(await attached(label)).toBeGreaterThan(0);
    expect(await listed(inbox)).toEqual([]);
    const lists: Query[] = [{}, { sort: 'priority' }, { state: 'RESOLVED', inboxId: inbox.id }];
    for (const filters of lists) {
      const found = await page(app, '/conversations', world.admin, { labelId: label.id, ...filters });
      expect(found.data).toEqual([]);
    }
    expect(await labelsOf(world, data[0]!)).toEqual([]);
    await refused(app.call('delete', `/labels/${label.id}`, world.admin), 'NOT_FOUND');
    const attach = app.call('put', `/conversations/${conversation.id}/labels/${label.id}`, world.admin);
    await refused(attach, 'NOT_FOUND');
    const successor = await define(world, inbox, { name: 'Gone' });
    expect(await listed(inbox)).toMatchObject([{ id: successor.id }]);

    await app.run(LabelChanges);
    expect(await count('conversation_labels where label_id = $1', label.id)).toBe(0);
    expect(await count('labels where id = $1', label.id)).toBe(0);
  });
});

describe('a webhook with thousands of deliveries', () => {
  it('is gone at once when it is deleted, and its deliveries follow', async () => {
    asIfTheInstanceDied();
    const { body } = await app
      .call('post', '/webhooks', world.admin)
      .send({ url: 'http://127.0.0.1:9/hook' })
      .expect(({ status, text }) => {
        if (status !== 201) throw new Error(text);
      });
    const { id } = body as { id: string };
    await app.database.rows(
      `insert into webhook_deliveries (tenant_id, webhook_id, id, event_id, position, event_type, body, status, next_attempt_at)
      select $1, $2, gen_random_uuid(), gen_random_uuid(), n, 'conversation.created', '{}', 'PENDING', now() from generate_series(1, 5000) as s (n)`,
      [world.tenantId, id],
    );

    await app.call('delete', `/webhooks/${id}`, world.admin).expect(204);

    await refused(app.call('get', `/webhooks/${id}`, world.admin), 'NOT_FOUND');
    await refused(app.call('get', `/webhooks/${id}/deliveries`, world.admin), 'NOT_FOUND');
    await refused(app.call('delete', `/webhooks/${id}`, world.admin), 'NOT_FOUND');
    await refused(app.call('patch', `/webhooks/${id}`, world.admin).send({ enabled: true }), 'NOT_FOUND');
    await refused(app.call('post', `/webhooks/${id}/rotate-secret`, world.admin), 'NOT_FOUND');
    expect((await page(app, '/webhooks', world.admin)).data).toEqual([]);
    expect(await count('webhook_deliveries where webhook_id = $1', id)).toBe(4_000);

    await app.run(WebhookDeletion);
    expect(await count('webhook_deliveries where webhook_id = $1', id)).toBe(0);
    expect(await count('webhooks where id = $1', id)).toBe(0);
  });
});

describe('an operator with more than a thousand conversations', () => {
  let operator: Person;
  beforeEach(async () => {
    operator = await world.operator();
    await heldConversations(world, operator.id, HELD);
    asIfTheInstanceDied();
  });
  const inState = (state: string) =>
    count('conversations where tenant_id = $1 and state = $2', world.tenantId, state);

  it('is deactivated at once, and all their conversations are queued again', async () => {
    const path = `/operators/${operator.id}`;
    const deactivated = await app.call('patch', path, world.admin).send({ isActive: false }).expect(200);
    expect(deactivated.body).toMatchObject({ isActive: false, status: 'OFFLINE', isReleasing: true });
    expect(await inState('QUEUED')).toBe(500);
    const { data } = await page<OperatorResponse>(app, '/operators', world.admin);
    expect(data.filter(({ isReleasing }) => isReleasing).map(({ id }) => id)).toEqual([operator.id]);
    await app.run(OperatorRelease);
    expect((await app.call('get', path, world.admin)).body).toMatchObject({ isReleasing: false });
    expect([await inState('QUEUED'), await inState('ALLOCATED')]).toEqual([HELD, 0]);
    const released = `conversation_events where tenant_id = $1 and type = 'conversation.released'`;
    expect(await count(released, world.tenantId)).toBe(HELD);
  });

  it('goes OFFLINE at once, and the grace period of each conversation begins', async () => {
    const path = `/operators/${operator.id}/status`;
    const left = await app.call('put', path, operator.headers).send({ status: 'OFFLINE' }).expect(200);
    expect(left.body).toMatchObject({ status: 'OFFLINE', hasMore: true });
    const running = 'deadlines where tenant_id = $1';
    expect(await count(running, world.tenantId)).toBe(500);
    await app.run(GraceRepair);
    expect(await count(running, world.tenantId)).toBe(HELD);
    expect((await app.call('get', path, operator.headers)).body).toMatchObject({ hasMore: false });
  });
});
