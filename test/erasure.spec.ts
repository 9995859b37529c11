import { sealedResponses } from './support/idempotency-keys.js';
import { TestApplication } from './support/application.js';
import { deliverUntil, hook, REACHABLE } from './support/hooked.js';
import { expectInvariants } from './support/invariants.js';
import { dumped, live, stage, type Life, type Marked } from './support/marked-life.js';
import { page, type Query } from './support/pages.js';
import { ERASED_COLUMNS, TEXT_COLUMNS, TEXT_COLUMNS_OF_DATABASE } from './support/personal-columns.js';
import { Receiver } from './support/receiver.js';
import { World } from './support/world.js';

const ERASED: Marked = { word: 'zyxgone', digits: '771234' };
const NEIGHBOUR: Marked = { word: 'qwvstays', digits: '884321' };

let app: TestApplication;
let world: World;
let receiver: Receiver;
let gone: Life;
let neighbour: Life;
beforeAll(async () => {
  app = await TestApplication.start(REACHABLE);
  world = await World.create(app);
  receiver = await Receiver.start();
  // It repeats what it got, as receivers do that respond with an error page.
  receiver.reply = (response, { body }) => response.writeHead(200).end(body.slice(0, 500));
  await hook(world, receiver.url);
  const scene = await stage(world);
  gone = await live(scene, ERASED);
  neighbour = await live(scene, NEIGHBOUR);
  await deliverUntil(app, async () => {
    const pending = await app.database.rows(
      `select 1 from conversation_events e where e.tenant_id = $1 and not exists (
        select 1 from webhook_deliveries d where d.tenant_id = $1 and d.event_id = e.id and d.status = 'DELIVERED')
        and e.conversation_id is not null`,
      [world.tenantId],
    );
    return pending.length === 0;
  });
});
afterAll(async () => {
  await expectInvariants(app.database);
  await receiver.stop();
  await app.stop();
});

const columns = async () =>
  (await app.database.rows<{ name: string }>(TEXT_COLUMNS_OF_DATABASE)).map(({ name }) => name);

const marksOf = ({ word, digits }: Marked) =>
  [word, digits].flatMap((mark) => [mark, Buffer.from(mark).toString('hex')]);

const hasMark = (text: string, marked: Marked) => {
  const lower = text.toLowerCase();
  return marksOf(marked).some((mark) => lower.includes(mark));
};

async function marked(who: Marked): Promise<{ column: string; text: string }[]> {
  const all = await dumped(world, await columns());
  return all
    .filter(({ text }) => hasMark(text, who))
    .sort((a, b) => (a.column + a.text < b.column + b.text ? -1 : 1));
}

const list = async (path: string, query: Query = {}) =>
  (await page<{ id: string }>(app, path, world.admin, { ...query, limit: 100 })).data;

const erase = (id: string, by = world.admin) => app.call('delete', `/leads/${id}`, by);

it('every column that can hold a text is erased, or holds nothing of customers for a reason', async () => {
  expect(await columns()).toEqual(Object.keys(TEXT_COLUMNS).sort());
});

describe('a person who went through everything', () => {
  it('has left marks in every column that is erased', async () => {
    for (const who of [ERASED, NEIGHBOUR]) {
      const found = [...new Set((await marked(who)).map(({ column }) => column))].sort();
      expect(found).toEqual([...ERASED_COLUMNS].sort());
    }
  });

  it('is erased from the whole database, and nobody else is', async () => {
    const before = await marked(NEIGHBOUR);
    const sealed = (await sealedResponses(world)).filter(({ length }) => length > 0).length;
    const counted = await statistics();
    const { body } = await erase(gone.leadId).expect(200);
    expect(body).toEqual({
      leadId: gone.leadId,
      erased: {
        conversations: 3,
        keys: 7,
        messageIds: 7,
        formerNumbers: 1,
        storedResponses: expect.any(Number) as number,
        ledgerEntries: expect.any(Number) as number,
        deliveries: expect.any(Number) as number,
      },
    });
    const { erased } = body as {
      erased: { ledgerEntries: number; deliveries: number; storedResponses: number };
    };
    expect(erased.deliveries).toBe(erased.ledgerEntries);

    expect(await marked(ERASED)).toEqual([]);
    expect(await marked(NEIGHBOUR)).toEqual(before);
    const left = (await sealedResponses(world)).filter(({ length }) => length > 0).length;
    expect(sealed - left).toBe(erased.storedResponses);
    expect(await statistics()).toEqual(counted);
  });

  it('shows nowhere any more', async () => {
    for (const id of [gone.leadId, gone.mergedId]) {
      await app.call('get', `/leads/${id}`, world.admin).expect(404);
      await app.call('patch', `/leads/${id}`, world.admin).send({ name: 'Back' }).expect(404);
    }
    const shown: object[] = [
      ...(await list('/leads', { include: 'conversations' })),
      ...(await list('/conversations')),
      ...(await list('/events')),
    ];
    for (const id of gone.conversationIds) shown.push(await world.conversation(id), ...(await historyOf(id)));
    expect(hasMark(JSON.stringify(shown), ERASED)).toBe(false);
    expect(hasMark(JSON.stringify(shown), NEIGHBOUR)).toBe(true);
    for (const q of [ERASED.word, ERASED.digits])
      expect(await list('/conversations/search', { q })).toEqual([]);
    expect((await list('/leads')).map(({ id }) => id)).toEqual([neighbour.leadId]);
  });

  it('keeps ids, states and counts', async () => {
    const [first] = await Promise.all(gone.conversationIds.map((id) => world.conversation(id)));
    expect(first).toMatchObject({
      id: gone.conversationIds[0],
      state: 'QUEUED',
      messageCount: 4,
      externalConversationId: ` erased:${gone.conversationIds[0]}`,
      customerPhoneNumber: null,
      customerAddress: null,
      displayName: null,
      subject: null,
      leadId: null,
    });
    expect((await historyOf(first!.id)).at(-1)).toMatchObject({
      type: 'conversation.customer_changed',
      reason: 'The customer was erased',
      actor: { type: 'OPERATOR', id: world.admin['X-Operator-Id'] },
      version: first!.version,
    });
  });

  it('gets no response with their data when a request is repeated, and causes nothing', async () => {
    const before = await app.database.rows('select * from conversations where tenant_id = $1 order by id', [
      world.tenantId,
    ]);
    const repeated = await gone.repeat();
    expect(repeated.filter(({ text }) => hasMark(text, ERASED))).toEqual([]);
    expect(repeated.map(({ headers }) => headers['idempotency-replayed'] as unknown)).toEqual(
      repeated.map(() => 'true'),
    );
    expect(repeated[0]!.body).toMatchObject({ code: 'RESPONSE_NOT_STORED' });
    for (const { text } of await neighbour.repeat()) expect(text).not.toContain('RESPONSE_NOT_STORED');
    expect(
      await app.database.rows('select * from conversations where tenant_id = $1 order by id', [
        world.tenantId,
      ]),
    ).toEqual(before);
  });

  it('is not there to be erased twice', async () => {
    await erase(gone.leadId).expect(404);
    await erase(gone.mergedId).expect(404);
  });

  it('is in the audit without a name', async () => {
    const { body } = await app.call('get', '/audit-events?action=lead.erased', world.admin).expect(200);
    expect((body as { data: unknown[] }).data).toEqual([
      expect.objectContaining({
        action: 'lead.erased',
        subject: { type: 'LEAD', id: gone.leadId, name: null },
        before: { isErased: false },
        after: { isErased: true },
      }),
    ]);
  });

  it('begins anew with the next message', async () => {
    const again = await live(await stage(world), ERASED, 'again');
    expect(gone.conversationIds).not.toEqual(expect.arrayContaining(again.conversationIds));
    expect(again.leadId).not.toBe(gone.leadId);
  });
});

async function statistics(): Promise<object[]> {
  const { body } = await app.call('get', '/stats/queue', world.admin).expect(200);
  const { data } = body as { data: { oldestWaitSeconds: number }[] };
  // All but what grows with time.
  return data.map(({ oldestWaitSeconds: _, ...inbox }) => inbox);
}

async function historyOf(id: string): Promise<object[]> {
  const { body } = await app.call('get', `/conversations/${id}/history`, world.admin).expect(200);
  return (body as { data: object[] }).data;
}
