import type { DeadlineResponse } from '../src/deadlines/list-deadlines.js';
import type { Page } from '../src/http/cursor.js';
import { DeadlineExpiry } from '../src/deadlines/deadline-expiry.js';
import { GraceRepair } from '../src/deadlines/grace-repair.js';
import { GraceService } from '../src/deadlines/grace.service.js';
import { TestApplication } from './support/application.js';
import { World, type Person } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const setStatus = (person: Person, status: string) =>
  app.call('put', `/operators/${person.id}/status`, person.headers).send({ status }).expect(200);

/** Moves the end of a conversation's grace period, as time would. */
const endsIn = (id: string, seconds: number) =>
  app.database.rows(
    `update deadlines set expires_at = now() + $2 * interval '1 second' where conversation_id = $1`,
    [id, seconds],
  );

describe('grace periods', () => {
  it('re-queue only what is overdue, with its age', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const [late, early] = [
      await world.allocated(inbox, operator, { minutesAgo: 30 }),
      await world.allocated(inbox, operator),
    ];
    await setStatus(operator, 'OFFLINE');
    await endsIn(late.id, -1);

    await app.run(DeadlineExpiry);

    expect(await world.conversation(late.id)).toMatchObject({
      state: 'QUEUED',
      lastMessageAt: late.lastMessageAt,
    });
    expect(await world.conversation(early.id)).toMatchObject({
      state: 'ALLOCATED',
      assignedOperatorId: operator.id,
    });
    expect((await world.history(late.id)).at(-1)).toBe('conversation.grace_expired');
  });

  it('end when the operator comes back in time', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const { id } = await world.allocated(inbox, operator);

    const { body: away } = await setStatus(operator, 'OFFLINE');
    const { body: back } = await setStatus(operator, 'AVAILABLE');

    expect(away).toMatchObject({ gracePeriods: [{ conversationId: id }] });
    expect(back).toMatchObject({ gracePeriods: [] });
  });

  it('end with a resolve', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const { id } = await world.allocated(inbox, operator);
    await setStatus(operator, 'OFFLINE');
    await endsIn(id, -1);

    await world.resolve(id, operator.headers);
    const { body } = await app.call('post', '/grace-periods/expire', world.admin).expect(200);

    expect(body).toEqual({ expired: 0 });
    expect(await world.conversation(id)).toMatchObject({ state: 'RESOLVED' });
  });

  it('of length 0 re-queue at once', async () => {
    const world = await World.create(app, { gracePeriodSeconds: 0 });
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const { id } = await world.allocated(inbox, operator);

    await setStatus(operator, 'OFFLINE');

    expect(await world.conversation(id)).toMatchObject({ state: 'QUEUED', assignedOperatorId: null });
  });

  it('are listed for supervisors, in the order of their ends', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const [one, two] = [await world.allocated(inbox, operator), await world.allocated(inbox, operator)];
    await setStatus(operator, 'OFFLINE');
    await endsIn(two.id, 10);

    const { body } = await app.call('get', '/grace-periods?limit=1', world.admin).expect(200);
    const { nextCursor } = body as { nextCursor: string };
    const rest = await app
      .call('get', `/grace-periods?limit=1&cursor=${nextCursor}`, world.admin)
      .expect(200);

    expect(body).toMatchObject({
      data: [{ conversationId: two.id, operatorId: operator.id }],
      hasMore: true,
    });
    expect(rest.body).toMatchObject({ data: [{ conversationId: one.id }], hasMore: false });
  });

  it('are created for OFFLINE holders without one', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const { id } = await world.allocated(inbox, operator);
    await setStatus(operator, 'OFFLINE');
    await app.database.rows('delete from deadlines where conversation_id = $1', [id]);

    expect(await app.run(GraceRepair)).toBe(1);

    const { body } = await app.call('get', `/operators/${operator.id}/status`, operator.headers).expect(200);
    expect(body).toMatchObject({ gracePeriods: [{ conversationId: id }] });
  });

  it('expire once when several instances run the expiry', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const held = await Promise.all(Array.from({ length: 20 }, () => world.allocated(inbox, operator)));
    await setStatus(operator, 'OFFLINE');
    for (const { id } of held) await endsIn(id, -1);

    const grace = app.nest.get(GraceService);
    const counts = await Promise.all(Array.from({ length: 4 }, () => grace.expireNow(world.tenantId)));

    expect(counts.reduce((sum, count) => sum + count)).toBe(20);
    for (const { id } of held) {
      expect(await world.history(id)).toEqual([
        'conversation.created',
        'conversation.claimed',
        'conversation.grace_expired',
      ]);
    }
  });

  it('are listed as deadlines too', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const [late, early] = [await world.allocated(inbox, operator), await world.allocated(inbox, operator)];
    await setStatus(operator, 'OFFLINE');
    await endsIn(early.id, 10);
    const list = async (query: string) =>
      (await app.call('get', `/deadlines?${query}`, world.admin).expect(200)).body as Page<DeadlineResponse>;

    const first = await list('kind=GRACE&limit=1');
    const second = await list(`kind=GRACE&limit=1&cursor=${first.nextCursor}`);

    expect(first).toMatchObject({
      data: [{ conversationId: early.id, kind: 'GRACE', operatorId: operator.id }],
      hasMore: true,
    });
    expect(second).toMatchObject({ data: [{ conversationId: late.id }], hasMore: false });
    expect((await list('')).data.map(({ conversationId }) => conversationId)).toEqual([early.id, late.id]);
    expect((await list('kind=PARK')).data).toEqual([]);
    await app.call('get', '/deadlines', operator.headers).expect(403);
  });
});
