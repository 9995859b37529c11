import { Client } from 'pg';
import { TestApplication } from './support/application.js';
import { messageTo, reporting } from './support/messages.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

/** What the service asks the database for while `work` runs, but for who is calling. */
async function roundTrips(work: () => PromiseLike<unknown>): Promise<string[]> {
  const spy = jest.spyOn(Client.prototype, 'query');
  try {
    await work();
    const texts = spy.mock.calls.map(([query]) =>
      typeof query === 'string' ? query : (query as { text: string }).text,
    );
    return texts
      .map((text) => /\bfrom (\w+)\(/.exec(text)?.[1] ?? text.trim().split(/\s+/)[0]!)
      .filter((name) => name !== 'identify_callers');
  } finally {
    spy.mockRestore();
  }
}

it('claim and resolve are one round trip each', async () => {
  const world = await World.create(app);
  const inbox = await world.inbox();
  const operator = await world.operator({ inboxes: [inbox] });
  const { id } = await world.queued(inbox);
  const act = (verb: string) =>
    app.call('post', `/allocation/${verb}`, operator.headers).send({ conversationId: id }).expect(200);

  expect(await roundTrips(() => act('claim'))).toEqual(['claim_conversation']);
  expect(await roundTrips(() => act('resolve'))).toEqual(['resolve_conversation']);
});

it('a resolve that frees capacity in a push inbox is two', async () => {
  const world = await World.create(app);
  const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
  const operator = await world.operator({ inboxes: [inbox] });
  const { id } = await world.queued(inbox);

  const resolve = () =>
    app.call('post', '/allocation/resolve', operator.headers).send({ conversationId: id }).expect(200);
  expect(await roundTrips(resolve)).toEqual(['resolve_conversation', 'distribute_waiting']);
});

it('a message is one', async () => {
  const world = await World.create(app);
  const inbox = await world.inbox();
  const message = messageTo(inbox);

  expect(await roundTrips(() => reporting(world, message).expect(201))).toEqual(['ingest_message']);
  expect(await roundTrips(() => reporting(world, message).expect(200))).toEqual(['ingest_message']);
});
