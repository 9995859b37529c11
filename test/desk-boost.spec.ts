import type { Explanation } from '../src/allocation/explain.js';
import { everythingOf, ledgerOf, newEntry } from './support/behind.js';
import { TestApplication, type Headers } from './support/application.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, report } from './support/messages.js';
import { World } from './support/world.js';

let app: TestApplication;
let second: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
  second = await app.another({});
});
afterAll(async () => {
  await expectInvariants(app.database);
  await second.stop();
  await app.stop();
});

async function setup(settings: Parameters<typeof World.create>[1] = {}) {
  const world = await World.create(app, settings);
  const inbox = await world.inbox();
  const operator = await world.operator({ inboxes: [inbox] });
  return { world, inbox, operator };
}

const boosting = (world: World, id: string, body: object, by: Headers = world.admin) =>
  app.call('put', `/conversations/${id}/boost`, by).send(body);

async function queue(instance: TestApplication, headers: Headers): Promise<string[]> {
  const { body } = await instance.call('get', '/allocation/queue', headers).expect(200);
  return (body as { data: { id: string }[] }).data.map(({ id }) => id);
}

async function explained(world: World, id: string): Promise<Explanation> {
  const { body } = await app.call('get', `/conversations/${id}/explain`, world.admin).expect(200);
  return body as Explanation;
}

describe('a boost of a conversation', () => {
  it('puts it where it would be if its customer had waited that much longer, on every instance', async () => {
    const { world, inbox, operator } = await setup();
    const manager = await world.operator({ role: 'MANAGER' });
    const old = await world.queued(inbox, { minutesAgo: 60 });
    const young = await world.queued(inbox, { minutesAgo: 10 });
    const youngest = await world.queued(inbox, { minutesAgo: 5 });

    const entry = await newEntry(world, young.id, async () => {
      const boosted = await world.boost(young.id, 55, manager.headers, 'A VIP customer');
      expect(boosted).toMatchObject({ boostMinutes: 55, version: 2, state: 'QUEUED' });
      expect(boosted.priorityScore).toBeCloseTo(young.priorityScore! + (0.6 * 55) / 1440, 4);
    });

    const place = { state: 'QUEUED', operatorId: null, inboxId: inbox.id };
    expect(entry).toMatchObject({
      type: 'conversation.boosted',
      version: 2,
      actor: { type: 'OPERATOR', id: manager.id },
      reason: 'Boosted by 55 minutes: A VIP customer',
      from: place,
      to: place,
    });
    expect(await queue(second, operator.headers)).toEqual([young.id, old.id, youngest.id]);
    await world.boost(young.id, -120);
    expect(await queue(second, operator.headers)).toEqual([old.id, youngest.id, young.id]);
    await world.boost(young.id, 0);
    expect(await queue(second, operator.headers)).toEqual([old.id, young.id, youngest.id]);
    const reasons = (await ledgerOf(world, young.id)).slice(1).map(({ reason }) => reason);
    expect(reasons).toEqual([
      'Boosted by 55 minutes: A VIP customer',
      'Boosted by -120 minutes',
      'No longer boosted',
    ]);
  });

  it('changes nothing the second time', async () => {
    const { world, inbox } = await setup();
    const { id } = await world.queued(inbox);
    const first = await world.boost(id, 30, world.orchestrator);

    expect(await world.boost(id, 30)).toMatchObject({ version: 2, updatedAt: first.updatedAt });

    const [, boosted, ...more] = await ledgerOf(world, id);
    expect(boosted).toMatchObject({ actor: { type: 'SERVICE', id: 'orchestrator' } });
    expect(more).toEqual([]);
  });

  it.each([
    [{ minutes: -1_441 }, 'minutes'],
    [{ minutes: 525_601 }, 'minutes'],
    [{ minutes: 1.5 }, 'minutes'],
    [{ minutes: '60' }, 'minutes'],
    [{ minutes: null }, 'minutes'],
    [{ reason: 'Only a reason' }, 'minutes'],
    [{ minutes: 60, reason: 'x'.repeat(256) }, 'reason'],
    [{ minutes: 60, reason: 'two\nlines' }, 'reason'],
    [{ minutes: 60, until: 'tomorrow' }, 'until'],
  ])('is refused as %j', async (body, field) => {
    const { world, inbox } = await setup();
    const { id } = await world.queued(inbox);

    const { body: problem } = await boosting(world, id, body).expect(400);

    expect(problem).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ field }] });
    expect(await world.conversation(id)).toMatchObject({ boostMinutes: 0, version: 1 });
  });

  it('reaches from its smallest to its largest value', async () => {
    const { world, inbox, operator } = await setup();
    const few = await world.queued(inbox, { minutesAgo: 1_000 });
    const much = await world.queued(inbox, { minutesAgo: 1 });
    await world.boost(few.id, -1_440);
    await world.boost(much.id, 525_600);

    expect(await queue(app, operator.headers)).toEqual([much.id, few.id]);
    const scores = [await world.conversation(few.id), await world.conversation(much.id)];
    expect(scores[0]!.priorityScore).toBeCloseTo(0.004 + (0.6 * -440) / 1440, 2);
    expect(scores[1]!.priorityScore).toBeCloseTo(0.004 + 0.6 * 365, 2);
  });

  it('stays while somebody holds it and after it is resolved, and counts whenever it waits', async () => {
    const { world, inbox, operator } = await setup();
    const older = await world.queued(inbox, { minutesAgo: 60 });
    const thread = messageTo(inbox);
    const { conversation } = await report(world, thread);
    await world.claim(conversation.id, operator);
    const held = await world.boost(conversation.id, 90);
    expect(held).toMatchObject({ state: 'ALLOCATED', assignedOperatorId: operator.id, boostMinutes: 90 });
    expect(held.priorityScore).toBeNull();

    const back = await world.deallocate(conversation.id);
    expect(back.priorityScore).toBeCloseTo(0.004 + (0.6 * 90) / 1440, 3);
    expect(await queue(app, operator.headers)).toEqual([conversation.id, older.id]);
    await world.resolve(conversation.id);
    await world.boost(conversation.id, 200);
    const { conversation: again } = await report(world, thread);

    expect(again).toMatchObject({ state: 'QUEUED', boostMinutes: 200 });
    expect(again.priorityScore).toBeCloseTo(0.004 + (0.6 * 200) / 1440, 3);
    expect(await queue(app, operator.headers)).toEqual([conversation.id, older.id]);
  });

  it('comes after the cap of the delay', async () => {
    const { world, inbox, operator } = await setup({ maxDelayMinutes: 60 });
    const longest = await world.queued(inbox, { minutesAgo: 600 });
    const past = await world.queued(inbox, { minutesAgo: 70 });
    const { priorityScore } = await world.boost(past.id, 30);

    expect(priorityScore).toBeCloseTo(0.004 + 0.6 + 0.3, 6);
    expect(await queue(app, operator.headers)).toEqual([past.id, longest.id]);
    expect((await explained(world, past.id)).parts).toMatchObject({
      boostMinutes: 30,
      inboxBoostMinutes: 0,
      fromBoost: 0.3,
    });
  });

  it('adds nothing where waiting does not count', async () => {
    const { world, inbox, operator } = await setup({ beta: 0 });
    const many = await world.queued(inbox, { messages: 2 });
    const few = await world.queued(inbox);
    const boosted = await world.boost(few.id, 525_600);

    expect(boosted.priorityScore).toBeCloseTo(0.004, 9);
    expect(await queue(app, operator.headers)).toEqual([many.id, few.id]);
    expect((await explained(world, few.id)).parts).toMatchObject({ boostMinutes: 525_600, fromBoost: 0 });
  });

  it('is added to the score among the candidates of a window', async () => {
    const { world, inbox, operator } = await setup({
      normalization: 'CANDIDATE_WINDOW',
      maxDelayMinutes: 60,
    });
    const old = await world.queued(inbox, { minutesAgo: 50, messages: 2 });
    const young = await world.queued(inbox, { minutesAgo: 5 });
    expect((await world.boost(young.id, 99)).priorityScore).toBeCloseTo(0.99, 6);
    expect(await queue(app, operator.headers)).toEqual([old.id, young.id]);

    await app.call('patch', `/inboxes/${inbox.id}`, world.admin).send({ boostMinutes: 6 }).expect(200);

    expect((await world.boost(young.id, 101)).priorityScore).toBeCloseTo(1.07, 6);
    expect(await queue(app, operator.headers)).toEqual([young.id, old.id]);
    const { score, parts } = await explained(world, young.id);
    expect(parts).toMatchObject({ fromMessages: 0, boostMinutes: 101, inboxBoostMinutes: 6 });
    expect(parts!.fromBoost).toBeCloseTo(1.07, 9);
    expect(score).toBeCloseTo(1.07, 9);
    expect(await world.allocate(operator)).toMatchObject({ id: young.id });
  });

  it('decides what is distributed first when somebody becomes free', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox({ distribution: 'LEAST_LOADED' });
    const old = await world.queued(inbox, { minutesAgo: 60 });
    const young = await world.queued(inbox, { minutesAgo: 1 });
    await world.boost(young.id, 90);
    const operator = await world.operator({ inboxes: [inbox], maxLoad: 1, status: 'OFFLINE' });

    await world.setStatus(operator, 'AVAILABLE');

    expect(await world.conversation(young.id)).toMatchObject({ state: 'ALLOCATED' });
    expect(await world.conversation(old.id)).toMatchObject({ state: 'QUEUED' });
    const [, , distributed] = await ledgerOf(world, young.id);
    expect(distributed!.score).toBeCloseTo(0.004 + (0.6 * 91) / 1440, 3);
  });

  it('and what is allocated meanwhile leave every key as the settings say', async () => {
    const { world, inbox, operator } = await setup();
    const waiting = [];
    for (let i = 1; i <= 8; i++) waiting.push(await world.queued(inbox, { minutesAgo: i }));

    await Promise.all([
      ...waiting.map(({ id }, i) => boosting(world, id, { minutes: 10 * i - 30 }).expect(200)),
      ...waiting.map(({ id }, i) =>
        second.call('put', `/conversations/${id}/boost`, world.orchestrator).send({ minutes: i }).expect(200),
      ),
      ...waiting.slice(0, 4).map(() => world.allocate(operator)),
      world.change({ alpha: 0.7 }),
    ]);

    await expectInvariants(app.database);
    for (const { id } of waiting) expect((await world.conversation(id)).version).toBeGreaterThan(1);
  });
});

describe('a boost of an inbox', () => {
  it('is kept beside those of others that are set at the same time, and forgotten with 0', async () => {
    const { world, inbox } = await setup();
    const inboxes = [inbox, ...(await Promise.all([1, 2, 3].map((n) => world.inbox({ boostMinutes: -n }))))];
    const patch = async ({ id }: { id: string }, boostMinutes: number) =>
      app.call('patch', `/inboxes/${id}`, world.admin).send({ boostMinutes }).expect(200);
    const stored = async () => {
      const text = 'select inbox_boosts from tenants where id = $1';
      const [row] = await app.database.rows<{ inbox_boosts: object | null }>(text, [world.tenantId]);
      return row!.inbox_boosts;
    };

    await Promise.all(inboxes.map((one, n) => patch(one, 10 + n)));
    expect(await stored()).toEqual(Object.fromEntries(inboxes.map(({ id }, n) => [id, 10 + n])));
    await Promise.all(inboxes.map((one) => patch(one, 0)));
    expect(await stored()).toBeNull();
  });

  it('changes the order at once and writes no conversation', async () => {
    const { world, inbox, operator } = await setup();
    const vip = await world.inbox();
    await app
      .call('post', `/inboxes/${vip.id}/operators`, world.admin)
      .send({ operatorId: operator.id, weight: 1 });
    const old = await world.queued(inbox, { minutesAgo: 60 });
    const young = await world.queued(vip, { minutesAgo: 5 });
    expect(await queue(second, operator.headers)).toEqual([old.id, young.id]);
    const before = await everythingOf(world);

    await app.call('patch', `/inboxes/${vip.id}`, world.admin).send({ boostMinutes: 56 }).expect(200);

    expect(await queue(second, operator.headers)).toEqual([young.id, old.id]);
    const after = await everythingOf(world);
    expect(after['conversations']).toEqual(before['conversations']);
    expect(after['conversation_events']).toEqual(before['conversation_events']);
    const shown = await world.conversation(young.id);
    expect(shown).toMatchObject({ boostMinutes: 0, version: 1 });
    expect(shown.priorityScore).toBeCloseTo(young.priorityScore! + (0.6 * 56) / 1440, 4);
    const { rank, score, parts } = await explained(world, young.id);
    expect({ rank, ...parts }).toMatchObject({ rank: 1, boostMinutes: 0, inboxBoostMinutes: 56 });
    expect(parts!.fromMessages + parts!.fromDelay + parts!.fromBoost).toBeCloseTo(score!, 9);

    await world.boost(young.id, -60);
    expect(await queue(second, operator.headers)).toEqual([old.id, young.id]);
    await app.call('patch', `/inboxes/${vip.id}`, world.admin).send({ boostMinutes: 525_600 }).expect(200);
    expect(await world.allocate(operator)).toMatchObject({ id: young.id });
  });
});
