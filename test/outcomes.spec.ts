import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
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

interface Entry {
  type: string;
  outcome: string | null;
  waiting_since: Date | null;
}

const entriesOf = (id: string) =>
  app.database.rows<Entry>(
    `select e.type, e.outcome, e.waiting_since from conversation_events e where e.conversation_id = $1 order by e.version`,
    [id],
  );

describe('the ledger', () => {
  it('says since when a conversation waited that leaves the queue', async () => {
    const { id, waitingSince } = await world.queued(inbox, { minutesAgo: 7 });
    await world.claim(id, oscar);
    await world.deallocate(id);
    await world.resolve(id);
    const waited = new Date(waitingSince);
    expect(await entriesOf(id)).toEqual([
      { type: 'conversation.created', outcome: null, waiting_since: null },
      { type: 'conversation.claimed', outcome: null, waiting_since: waited },
      { type: 'conversation.deallocated', outcome: null, waiting_since: null },
      { type: 'conversation.resolved', outcome: 'HANDLED', waiting_since: waited },
    ]);
  });
});
