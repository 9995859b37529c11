import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { define, labelling, labelsOf } from './support/labelling.js';
import { page } from './support/pages.js';
import { refused } from './support/refused.js';
import { World, type Person } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

/** All that is read of an inbox by its id. */
const ROUTES = ['', '/labels', '/operators'];

async function statuses(inbox: InboxResponse, operator: Person): Promise<Record<string, number>> {
  const entries = ROUTES.map(async (route) => {
    const { status } = await app.call('get', `/inboxes/${inbox.id}${route}`, operator.headers);
    return [route, status] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

const all = (status: number) => Object.fromEntries(ROUTES.map((route) => [route, status]));

describe('an inbox, its labels and its subscriptions', () => {
  it('is seen by an OPERATOR who is subscribed, with their own subscription only', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    await world.operator({ inboxes: [inbox] });
    expect(await statuses(inbox, operator)).toEqual(all(200));
    const { data } = await page(app, `/inboxes/${inbox.id}/operators`, operator.headers);
    expect(data).toMatchObject([{ operatorId: operator.id }]);
  });

  it('is 404 for an OPERATOR who is not subscribed', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    expect(await statuses(inbox, await world.operator({ inboxes: [await world.inbox()] }))).toEqual(all(404));
  });

  it('is seen by every operator with autoSubscribe', async () => {
    const world = await World.create(app, { autoSubscribe: true });
    const inbox = await world.inbox();
    const operator = await world.operator();
    await world.operator({ inboxes: [inbox] });
    expect(await statuses(inbox, operator)).toEqual(all(200));
    expect(await page(app, `/inboxes/${inbox.id}/operators`, operator.headers)).toMatchObject({ data: [] });
  });

  it('is seen by the holder of a conversation who has lost the subscription, as long as they hold it', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const holder = await world.operator({ inboxes: [inbox] });
    const conversation = await world.allocated(inbox, holder);
    const label = await define(world, inbox);
    await app.call('delete', `/inboxes/${inbox.id}/operators/${holder.id}`, world.admin).expect(204);

    expect(await statuses(inbox, holder)).toEqual(all(200));
    expect(await page(app, `/inboxes/${inbox.id}/labels`, holder.headers)).toMatchObject({ data: [label] });
    await labelling(world, 'put', conversation, label, holder.headers).expect(204);
    expect(await labelsOf(world, conversation)).toEqual([label.id]);

    const done = { conversationId: conversation.id };
    await app.call('post', '/allocation/resolve', holder.headers).send(done).expect(200);
    expect(await statuses(inbox, holder)).toEqual(all(404));
    await refused(labelling(world, 'put', conversation, label, holder.headers), 'NOT_FOUND');
  });
});

describe('the list of inboxes', () => {
  it('goes on with the cursor of a colleague who sees the same, not with that of another', async () => {
    const world = await World.create(app);
    const inboxes = [await world.inbox(), await world.inbox()];
    const manager = await world.operator({ role: 'MANAGER' });
    const operator = await world.operator({ inboxes });
    const { nextCursor } = await page(app, '/inboxes', world.admin, { limit: 1 });
    const rest = `/inboxes?cursor=${nextCursor}`;
    for (const headers of [world.admin, manager.headers, world.orchestrator]) {
      const { body } = await app.call('get', rest, headers);
      expect(body).toMatchObject({ data: [{ id: inboxes[1]!.id }] });
    }
    await refused(app.call('get', rest, operator.headers), 'INVALID_CURSOR');
  });
});
