import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { Instances, tally, type InstanceResponse } from './support/instances.js';
import { expectInvariants } from './support/invariants.js';
import { deadlocks } from './support/ledger-and-rows.js';
import { World } from './support/world.js';

/** Sets the scene; the races run on two instances of their own, on the same database. */
let app: TestApplication;
let instances: Instances;
let world: World;
let inbox: InboxResponse;

beforeAll(async () => {
  app = await TestApplication.start();
  instances = await Instances.start(app.database.url);
});
afterAll(async () => {
  await instances.stop();
  await app.stop();
});
beforeEach(async () => {
  world = await World.create(app);
  inbox = await world.inbox();
});
afterEach(() => expectInvariants(app.database, world.tenantId));

const PEOPLE = 4;
/** Of one person: their messages and their leads. */
const WRITERS = 4;
const LEADS = 6;
const MESSAGES = 30;

/** The forms in which a message names its lead: by an id, a number or an address, that of the i-th lead of the person. */
function named(person: number, lead: number, form: number) {
  const address = `visitor-${person}-${lead}`;
  const number = `+4915112${person}${lead}0010`;
  return [
    { lead: { externalId: `crm-${person}-${lead}`, name: 'Carla' } },
    { customerPhoneNumber: number, lead: { name: 'Carla' } },
    { customerAddress: address, lead: { email: 'n/a' } },
  ][form % 3]!;
}

it('a lead merged while its messages come in loses none', async () => {
  const sent: InstanceResponse[] = [];
  const report = async (messages: object[]) => {
    const response = await instances.post('/orchestrator/messages/batch', world.orchestrator, { messages });
    sent.push(response);
    return response;
  };
  const message = (thread: string, fields: object) => ({
    externalConversationId: thread,
    inboxId: inbox.id,
    ...fields,
  });

  // Each lead is known by all three.
  const leads: string[][] = [];
  for (let person = 0; person < PEOPLE; person++) {
    const { body } = await report(
      Array.from({ length: LEADS }, (_, lead) =>
        message(`first-${person}-${lead}`, {
          ...named(person, lead, 2),
          ...named(person, lead, 1),
          ...named(person, lead, 0),
        }),
      ),
    );
    const ids = body.results!.map(({ conversationId }) => conversationId);
    leads.push(await Promise.all(ids.map(async (id) => (await world.conversation(id)).leadId!)));
  }
  expect(new Set(leads.flat()).size).toBe(PEOPLE * LEADS);

  const before = await deadlocks(app.database);
  const writes = Array.from({ length: PEOPLE * WRITERS }, async (_, i) => {
    const person = i % PEOPLE;
    for (let n = 0; n < MESSAGES; n++) {
      // A known thread or a new one, of each lead in turn; two leads in a batch, in both orders.
      const [one, two] = [(n + i) % LEADS, (n + i + 1 + (n % 2)) % LEADS];
      const thread = (lead: number) => (n % 3 === 0 ? `first-${person}-${lead}` : `new-${i}-${n}-${lead}`);
      await report([
        message(thread(one), named(person, one, n)),
        message(thread(two), named(person, two, n + i)),
        // Without a lead, or with one that only its thread tells.
        message(`first-${person}-${one}`, n % 2 === 0 ? {} : { lead: { name: 'Carla' } }),
      ]);
    }
  });
  const merges = leads.map(async (ofPerson) => {
    for (const [i, lead] of ofPerson.slice(0, -1).entries()) {
      const { status } = await instances.post(`/leads/${lead}/merge`, world.admin, {
        intoLeadId: ofPerson[i + 1]!,
      });
      expect(status).toBe(200);
    }
  });
  await Promise.all([...writes, ...merges]);

  expect(tally(sent)).toEqual({ 200: sent.length });
  const results = sent.flatMap(({ body }) => body.results!);
  expect(results.filter(({ status }) => status !== 200 && status !== 201)).toEqual([]);
  const [stored] = await app.database.rows<{ messages: number; leads: string[] }>(
    `select sum(message_count)::integer as messages, array_agg(distinct lead_id::text) as leads
    from conversations where tenant_id = $1`,
    [world.tenantId],
  );
  expect(stored!.messages).toBe(results.length);
  // Everything is with the last lead of each person, and nobody became two.
  expect(stored!.leads.sort()).toEqual(leads.map((ofPerson) => ofPerson.at(-1)!).sort());
  expect(await deadlocks(app.database)).toBe(before);
}, 60_000);
