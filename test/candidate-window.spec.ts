import { TestApplication } from './support/application.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const WINDOW = { normalization: 'CANDIDATE_WINDOW', alpha: 0.4, beta: 0.6 } as const;

async function scores(world: World): Promise<[id: string, score: number][]> {
  const { body } = await app.call('get', '/conversations?sort=priority&limit=100', world.admin).expect(200);
  const { data } = body as { data: { id: string; priorityScore: number }[] };
  return data.map(({ id, priorityScore }) => [id, priorityScore]);
}

describe('the candidate window', () => {
  it('scores between the smallest and the largest of the candidates', async () => {
    const world = await World.create(app, WINDOW);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    // By hand: messages 1, 3, 5 are 0, ½, 1; delays of 10, 110, 60 minutes are 0, 1, ½.
    const few = await world.queued(inbox, { messages: 1, minutesAgo: 10 });
    const old = await world.queued(inbox, { messages: 3, minutesAgo: 110 });
    const many = await world.queued(inbox, { messages: 5, minutesAgo: 60 });

    const shown = await scores(world);

    expect(shown.map(([id]) => id)).toEqual([old.id, many.id, few.id]);
    const [oldScore, manyScore, fewScore] = shown.map(([, score]) => score);
    expect(oldScore).toBeCloseTo(0.4 * 0.5 + 0.6 * 1, 3);
    expect(manyScore).toBeCloseTo(0.4 * 1 + 0.6 * 0.5, 3);
    expect(fewScore).toBeCloseTo(0, 3);
    expect(await world.allocate(operator)).toMatchObject({ id: old.id });
    // Among two, each term is 0 or 1: many has both.
    expect(await world.allocate(operator)).toMatchObject({ id: many.id });
  });

  it('scores a single candidate alpha + beta', async () => {
    const world = await World.create(app, WINDOW);
    const { id } = await world.queued(await world.inbox());

    expect(await scores(world)).toEqual([[id, 1]]);
    expect((await world.conversation(id)).priorityScore).toBe(1);
  });

  it('scores 0 for equal values, and then orders by age and id', async () => {
    const world = await World.create(app, WINDOW);
    const inbox = await world.inbox();
    const later = await world.queued(inbox, { messages: 2, minutesAgo: 5 });
    const sooner = await world.queued(inbox, { messages: 2, minutesAgo: 50 });

    const shown = await scores(world);

    expect(shown[0]?.[0]).toBe(sooner.id);
    expect(shown[0]?.[1]).toBeCloseTo(0.6, 10);
    expect(shown[1]).toEqual([later.id, 0]);
  });

  it('contains only the most recently active conversations', async () => {
    const world = await World.create(app, { ...WINDOW, candidateWindow: 2 });
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const oldest = await world.queued(inbox, { messages: 9, minutesAgo: 300 });
    const middle = await world.queued(inbox, { messages: 1, minutesAgo: 30 });
    const newest = await world.queued(inbox, { messages: 1, minutesAgo: 3 });

    expect((await scores(world)).map(([id]) => id)).toEqual([middle.id, newest.id]);
    const given = [
      await world.allocate(operator),
      await world.allocate(operator),
      await world.allocate(operator),
    ];

    expect(given.map((conversation) => conversation?.id)).toEqual([middle.id, oldest.id, newest.id]);
    expect(await world.allocate(operator)).toBeNull();
  });

  it('explains a score among the candidates of the inbox', async () => {
    const world = await World.create(app, { ...WINDOW, candidateWindow: 2 });
    const inbox = await world.inbox();
    const outside = await world.queued(inbox, { minutesAgo: 300 });
    await world.queued(inbox, { messages: 3, minutesAgo: 3 });
    const second = await world.queued(inbox, { messages: 1, minutesAgo: 4 });

    const { body } = await app.call('get', `/conversations/${second.id}/explain`, world.admin).expect(200);
    const { body: none } = await app
      .call('get', `/conversations/${outside.id}/explain`, world.admin)
      .expect(200);

    expect(body).toMatchObject({ rank: 1, parts: { fromMessages: 0 } });
    expect((body as { score: number }).score).toBeCloseTo(0.6, 10);
    expect(none).toMatchObject({ rank: null, score: null, parts: null });
  });

  it('uses the FIXED order again as soon as the setting changes back', async () => {
    const world = await World.create(app, { ...WINDOW, candidateWindow: 1 });
    const inbox = await world.inbox();
    const old = await world.queued(inbox, { minutesAgo: 300 });
    await world.queued(inbox, { minutesAgo: 3 });

    await world.change({ normalization: 'FIXED' });

    expect((await scores(world))[0]?.[0]).toBe(old.id);
  });
});
