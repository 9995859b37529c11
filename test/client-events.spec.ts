import { feed, LATEST } from '../clients/typescript/src/feed.js';
import { stream, type StreamItem, type StreamOptions } from '../clients/typescript/src/stream.js';
import { TestApplication, type Headers } from './support/application.js';
import { clientOf } from './support/typed-client.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

let app: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start({
    STREAM_POLL_INTERVAL_MS: '20',
    STREAM_HEARTBEAT_SECONDS: '1',
    STREAM_LIFETIME_SECONDS: '1',
  });
});
beforeEach(async () => {
  world = await World.create(app);
});
afterAll(() => app.stop());

/** What a test began while it followed a stream. */
const begun: Promise<unknown>[] = [];
afterEach(() => Promise.all(begun.splice(0)));

/** Follows the stream until `enough`. */
async function followed(
  headers: Headers,
  { enough, ...options }: StreamOptions & { enough: (items: StreamItem[]) => boolean },
): Promise<StreamItem[]> {
  const items: StreamItem[] = [];
  for await (const item of stream(clientOf(app, headers), { maxPauseMs: 50, ...options })) {
    items.push(item);
    if (enough(items)) break;
  }
  return items;
}

const conversationsIn = (items: StreamItem[]) =>
  items.flatMap((item) => (item.kind === 'event' ? [item.event.conversationId] : []));

describe('the feed', () => {
  it('goes on after a cursor, and ends with its signal', async () => {
    const inbox = await world.inbox();
    const client = clientOf(app, world.admin);
    const stop = new AbortController();
    const seen: (string | null)[] = [];
    const first = feed(client, { after: LATEST });
    const now = (await first.next()).value!.cursor;
    await first.return();
    const waiting = [await world.queued(inbox), await world.queued(inbox)];
    const options = { limit: 1, pauseMs: 5, signal: stop.signal };
    for await (const { events } of feed(client, { after: now, ...options })) {
      seen.push(...events.map(({ conversationId }) => conversationId));
      if (seen.length === 2) stop.abort();
    }
    expect(seen).toEqual(waiting.map(({ id }) => id));
  });
});

describe('the stream', () => {
  it('begins with a gap, and goes on by itself when it ends', async () => {
    const inbox = await world.inbox();
    const states: string[] = [];
    const created: string[] = [];
    let last: Promise<unknown> = Promise.resolve();
    const items = await followed(world.admin, {
      types: ['conversation.created'],
      onState: ({ state }) => {
        states.push(state);
        // One after the other, so that their order in the feed is known.
        last = last.then(async () => created.push((await world.queued(inbox)).id));
        begun.push(last);
      },
      enough: (all) => all.length === 4,
    });
    await until(() => created.length >= 3);
    expect(items[0]).toEqual({ kind: 'gap', since: null });
    expect(conversationsIn(items)).toEqual(created.slice(0, 3));
    expect(states.slice(0, 3)).toEqual(['open', 'waiting', 'open']);
  });

  it('opens with a ticket', async () => {
    const inbox = await world.inbox();
    const items = await followed(world.admin, {
      ticket: true,
      onState: () => begun.push(world.queued(inbox)),
      enough: (all) => all.length === 2,
    });
    expect(conversationsIn(items)).toHaveLength(1);
  });

  it('tells of the gap when its cursor has become invalid', async () => {
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const before = await world.queued(inbox);
    const promote = async () =>
      app.call('patch', `/operators/${operator.id}`, world.admin).send({ role: 'MANAGER' }).expect(200);
    const items = await followed(operator.headers, {
      types: ['conversation.created'],
      onState: ({ state }) => state === 'open' && begun.push(world.queued(inbox)),
      enough: (all) => {
        if (all.length === 2) begun.push(promote());
        return all.length === 4;
      },
    });
    expect(items.map(({ kind }) => kind)).toEqual(['gap', 'event', 'gap', 'event']);
    const [, told, gap] = items;
    expect(gap).toEqual({ kind: 'gap', since: (told as StreamItem & { kind: 'event' }).cursor });
    expect(conversationsIn(items)).not.toContain(before.id);
  });
});
