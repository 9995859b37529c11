import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, reporting, report } from './support/messages.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

let app: TestApplication;
let world: World;
let inbox: InboxResponse;
beforeAll(async () => {
  app = await TestApplication.start();
});
beforeEach(async () => {
  world = await World.create(app);
  inbox = await world.inbox();
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

const CARLA = { externalId: 'carla', name: 'Carla', email: 'carla@customer.example' };
const erase = (id: string | null) => app.call('delete', `/leads/${id}`, world.admin);

/** What a message of hers says, in her thread or in a new one. */
const hers = (thread?: string) =>
  messageTo(inbox, {
    ...(thread === undefined ? {} : { externalConversationId: thread }),
    displayName: 'Carla',
    lead: CARLA,
  });

it('of messages at the same time, each is erased or begins a new lead', async () => {
  for (let turn = 0; turn < 20; turn++) {
    const { conversation } = await report(world, hers());
    const thread = conversation.externalConversationId;
    const messages = [hers(thread), hers(), hers(thread)];
    const [erased, ...responses] = await Promise.all([
      erase(conversation.leadId),
      ...messages.map((message) => reporting(world, message)),
    ]);
    expect(erased.status).toBe(200);
    expect(responses.map(({ ok }) => ok)).toEqual([true, true, true]);
    const named = await app.database.rows<{ id: string; lead_id: string; erased_at: Date | null }>(
      `select c.id, c.lead_id, l.erased_at from conversations c
      left join leads l on l.tenant_id = $1 and l.id = c.lead_id
      where c.tenant_id = $1 and (c.display_name is not null or c.lead_id = $2)`,
      [world.tenantId, conversation.leadId],
    );
    expect(named.filter((row) => row.erased_at !== null || row.lead_id === conversation.leadId)).toEqual([]);
    expect(named.map(({ id }) => id)).not.toContain(conversation.id);
    // She is erased for the next turn.
    for (const leadId of new Set(named.map((row) => row.lead_id))) await erase(leadId).expect(200);
  }
});

it('of two erasures at the same time, one finds nobody', async () => {
  const { conversation } = await report(world, hers());
  const both = await Promise.all([erase(conversation.leadId), erase(conversation.leadId)]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 404]);
});

it('waits for what is made of her at this moment: search texts and deliveries', async () => {
  const { conversation } = await report(world, hers());
  await app
    .call('post', '/webhooks', world.admin)
    .send({ url: 'https://hooks.customer.example/' })
    .expect(201);
  const [event] = await app.database.rows<{ id: string }>(
    'select id from conversation_events where tenant_id = $1 and conversation_id = $2',
    [world.tenantId, conversation.id],
  );
  const client = await app.database.session();
  await client.query('begin');
  await client.query('select * from take_search_backlog($1, 10)', [world.tenantId]);
  await client.query('select 1 from webhooks where tenant_id = $1 for no key update', [world.tenantId]);
  let isDone = false;
  const erasing = erase(conversation.leadId).then((response) => {
    isDone = true;
    return response;
  });
  await until(async () => {
    const waiting = await app.database.rows(`select 1 from pg_stat_activity where wait_event_type = 'Lock'`);
    return waiting.length > 0;
  });
  expect(isDone).toBe(false);
  await client.query(
    `insert into search_texts (tenant_id, conversation_id, text, trigrams) values ($1, $2, 'carla', '{1}')`,
    [world.tenantId, conversation.id],
  );
  await client.query(
    `insert into webhook_deliveries (tenant_id, webhook_id, id, event_id, event_type, body, position)
    select $1, w.id, $2, $2, 'conversation.created', $3, 1 from webhooks w where w.tenant_id = $1`,
    [
      world.tenantId,
      event!.id,
      JSON.stringify({ data: { externalConversationId: 'carla', reason: 'carla' } }),
    ],
  );
  await client.query('commit');
  expect((await erasing).status).toBe(200);
  const [left] = await app.database.rows(
    `select (select count(*)::integer from search_texts where tenant_id = $1) as texts,
      (select body from webhook_deliveries where tenant_id = $1) as body`,
    [world.tenantId],
  );
  expect(left).toMatchObject({ texts: 0 });
  expect(JSON.stringify(left)).not.toContain('carla');
});

it('erases a person with more conversations than a transaction takes', async () => {
  const messages = Array.from({ length: 1_000 }, () => hers());
  const { body } = await app
    .call('post', '/orchestrator/messages/batch', world.orchestrator)
    .send({ messages })
    .expect(200);
  const { results } = body as { results: { conversationId: string }[] };
  const { leadId } = await world.conversation(results[0]!.conversationId);
  const response = await erase(leadId).expect(200);
  expect(response.body).toMatchObject({ leadId, erased: { conversations: 1_000, ledgerEntries: 1_000 } });
  expect(
    await app.database.rows('select 1 from conversations where tenant_id = $1 and display_name is not null', [
      world.tenantId,
    ]),
  ).toEqual([]);
});
