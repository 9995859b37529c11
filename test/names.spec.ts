import { TestApplication } from './support/application.js';
import { changesNothing } from './support/behind.js';
import { invalid, refused } from './support/refused.js';
import { SAME_NAMES } from './support/same-names.js';
import { PLATFORM_KEY } from './support/settings.js';
import { World } from './support/world.js';

let app: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start();
});
beforeEach(async () => {
  world = await World.create(app);
});
afterAll(() => app.stop());

const PLATFORM = { Authorization: `Bearer ${PLATFORM_KEY}` };
const changing = (path: string, fields: object) => app.call('patch', path, world.admin).send(fields);

describe('the name of an inbox', () => {
  it.each(SAME_NAMES)('is its own in the tenant: %j and %j are the same', async (name, same) => {
    await world.inbox({ name });
    const { id } = await world.inbox();
    const members = { field: 'name' };
    await changesNothing(world, async () => {
      const second = app.call('post', '/inboxes', world.admin).send({ name: same });
      await refused(second, 'ALREADY_EXISTS', members);
      await refused(changing(`/inboxes/${id}`, { name: same }), 'ALREADY_EXISTS', members);
    });
    await (await World.create(app)).inbox({ name: same });
  });

  it('may be written anew', async () => {
    const { id } = await world.inbox({ name: 'Support' });
    const { body } = await changing(`/inboxes/${id}`, { name: 'SUPPORT' }).expect(200);
    expect(body).toMatchObject({ name: 'SUPPORT' });
  });
});

describe('a name', () => {
  const WRITTEN = '\u00a0Cafe\u0301  2 ';
  const STORED = 'Café  2';

  it.each<[what: string, create: () => Promise<unknown>]>([
    ['inbox', () => world.inbox({ name: WRITTEN })],
    ['operator', () => world.operator({ name: WRITTEN })],
    [
      'API key',
      async () => {
        const { body } = await app.call('post', '/api-keys', world.admin).send({ name: WRITTEN }).expect(201);
        return body as unknown;
      },
    ],
    [
      'tenant',
      async () => {
        const request = { name: WRITTEN, admin: { name: WRITTEN } };
        const { body } = await app.call('post', '/tenants', PLATFORM).send(request).expect(201);
        expect(body).toMatchObject({ admin: { name: STORED } });
        return (body as { tenant: unknown }).tenant;
      },
    ],
  ])('of an %s is stored as it was written, composed and without blanks around it', async (_what, create) => {
    expect(await create()).toMatchObject({ name: STORED });
  });
});

describe('a text of one line', () => {
  const BREAKING = [
    'a\nb',
    'a\r\nBcc: b',
    '\ta',
    'a\u0000',
    'a\u0085b',
    'a\u2028b',
    '\u001b[31ma',
    'a\u007f',
  ];

  it.each<[place: string, path: string, fields: (text: string) => object, field: string]>([
    ['the name of an inbox', '/inboxes', (name) => ({ name }), 'name'],
    ['the name of an operator', '/operators', (name) => ({ name }), 'name'],
    ['the name of an API key', '/api-keys', (name) => ({ name }), 'name'],
    ['the address of a webhook', '/webhooks', (text) => ({ url: `https://example.com/${text}` }), 'url'],
    ['an address', '/operators', (text) => ({ name: 'A', email: `"${text}"@example.com` }), 'email'],
  ])('is %s', async (_place, path, fields, field) => {
    for (const text of BREAKING) await invalid(app.call('post', path, world.admin).send(fields(text)), field);
  });

  it('is the name of a tenant, and that of its first ADMIN', async () => {
    for (const text of BREAKING) {
      const creating = (request: object) => app.call('post', '/tenants', PLATFORM).send(request);
      await invalid(creating({ name: text, admin: { name: 'A' } }), 'name');
      await invalid(creating({ name: 'T', admin: { name: text } }), 'admin.name');
      await invalid(
        creating({ name: 'T', admin: { name: 'A', email: `"${text}"@example.com` } }),
        'admin.email',
      );
    }
  });

  it('is the name of a label', async () => {
    const { id } = await world.inbox();
    for (const name of BREAKING)
      await invalid(app.call('post', `/inboxes/${id}/labels`, world.admin).send({ name }), 'name');
  });

  it.each<[field: string, column: string, fields: (text: string) => object]>([
    [
      'externalConversationId',
      'external_conversation_id from conversations',
      (externalConversationId) => ({ externalConversationId }),
    ],
    ['messageId', 'message_id from processed_messages', (messageId) => ({ messageId })],
    ['customerAddress', 'customer_address from conversations', (customerAddress) => ({ customerAddress })],
    ['subject', 'subject from conversations', (subject) => ({ subject })],
    ['lead.externalId', 'external_id from leads', (externalId) => ({ lead: { externalId } })],
    [
      'lead.email',
      'email from leads',
      (text) => ({ lead: { externalId: 'l', email: `"${text}"@example.com` } }),
    ],
    ['lead.phone', 'phone from leads', (text) => ({ lead: { externalId: 'l', phone: `1${text}2` } })],
  ])('is made of %s of a message', async (_field, column, fields) => {
    const inbox = await world.inbox();
    const messages = BREAKING.map((text) => ({ ...aMessage(inbox), ...fields(text) }));
    const batch = app.call('post', '/orchestrator/messages/batch', world.orchestrator);
    const { body } = await batch.send({ messages }).expect(200);
    const { results } = body as { results: { status: number; warnings?: unknown[] }[] };
    expect(results.filter(({ status }) => status > 201)).toEqual([]);
    const stored = await app.database.rows<object>(`select ${column} where tenant_id = $1`, [world.tenantId]);
    for (const row of stored)
      for (const text of Object.values(row)) expect(text ?? '').not.toMatch(/[\p{Cc}\u2028]/u);
  });

  it('is made of the name of a customer: nobody is refused for what they are called', async () => {
    const inbox = await world.inbox();
    const named = async (name: string) => {
      const externalConversationId = `thread ${JSON.stringify(name)}`;
      const message = {
        ...aMessage(inbox),
        externalConversationId,
        displayName: name,
        lead: { externalId: externalConversationId, name },
      };
      const { body } = await app
        .call('post', '/orchestrator/messages', world.orchestrator)
        .send(message)
        .expect(201);
      const { conversation } = body as { conversation: { displayName: string | null; leadId: string } };
      const lead = await app.call('get', `/leads/${conversation.leadId}`, world.admin).expect(200);
      return [conversation.displayName, (lead.body as { name: string | null }).name];
    };
    expect(await named('Carla\r\n Customer\t')).toEqual(['Carla  Customer', 'Carla  Customer']);
    expect(await named('\n')).toEqual([null, null]);
    expect(await named(' Carla ')).toEqual(['Carla', 'Carla']);
  });

  it('is not a note for people', async () => {
    const description = 'Orders\n\tand returns';
    expect(await world.inbox({ description })).toMatchObject({ description });
  });
});

const aMessage = (inbox: { id: string }) => ({
  externalConversationId: 'thread',
  inboxId: inbox.id,
  customerPhoneNumber: '+4915112345678',
});
