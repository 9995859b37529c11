import type { ConversationResponse } from '../src/conversations/conversation.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import {
  ingested,
  messageTo,
  report,
  reportBatch,
  reporting,
  type MessageFields,
} from './support/messages.js';
import { invalid } from './support/refused.js';
import { minutesBefore, World } from './support/world.js';
import { NUMBERS, WRAPPINGS } from './support/written-numbers.js';

let app: TestApplication;
let world: World;
let inbox: InboxResponse;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
  inbox = await world.inbox({ phoneNumber: '+4930901820' });
});
afterAll(() => app.stop());

const made = (fields: MessageFields) => ingested(world, messageTo(inbox, fields));

describe('the number of a customer', () => {
  it.each([
    ['+49 (151) 123-45678', '+4915112345678'],
    ['\u202a+49 151 12345678\u202c', '+4915112345678'],
    ['＋４９１５１１２３４５６７８', '+4915112345678'],
    ['tel:+4915112345678', '+4915112345678'],
    ['sms:+4915112345678', '+4915112345678'],
    ['whatsapp:+4915112345678', '+4915112345678'],
    ['sip:+4915112345678@gateway.example', '+4915112345678'],
    ['4915112345678@c.us', '+4915112345678'],
    ['4915112345678@s.whatsapp.net', '+4915112345678'],
    ['004915112345678', '+4915112345678'],
    ['4915112345678', '+4915112345678'],
    ['0151 12345678', '+4915112345678'],
    ['tel:+49-30-901820;ext=12', '+4930901820;ext=12'],
    ['12345', '12345'],
    ['+1234567890', '+1234567890'],
    ['+5215512345678', '+5215512345678'],
    ['5215512345678', '+5215512345678'],
    ['+22997123456', '+22997123456'],
    ['+22507123456', '+22507123456'],
  ])('%s is understood as %s', async (customerPhoneNumber, number) => {
    const { conversation, warnings } = await made({ customerPhoneNumber });
    expect([conversation.customerPhoneNumber, conversation.customerAddress, warnings]).toEqual([
      number,
      null,
      [],
    ]);
  });

  it.each(Object.entries(WRAPPINGS))('of every country is understood %s', async (what, wrap) => {
    const messages = NUMBERS.map((number, i) =>
      messageTo(inbox, { externalConversationId: `${what} ${i}`, customerPhoneNumber: wrap(number) }),
    );
    const results = await reportBatch(world, messages);
    expect(results.filter(({ status, warnings }) => status !== 201 || warnings !== undefined)).toEqual([]);
    const stored = await app.database.rows<{ number: string }>(
      `select c.customer_phone_number as number from unnest($2::uuid[]) with ordinality as r (id, n)
       join conversations c on c.tenant_id = $1 and c.id = r.id order by r.n`,
      [world.tenantId, results.map(({ conversationId }) => conversationId)],
    );
    expect(stored.map(({ number }) => number)).toEqual(NUMBERS);
  });

  it('becomes the address when it is none, unless there is one', async () => {
    const wrong = 'customerPhoneNumber PHONE_NUMBER_NOT_UNDERSTOOD';
    const one = await made({ customerPhoneNumber: ' carla@customer.example ' });
    expect([one.conversation.customerPhoneNumber, one.conversation.customerAddress, one.warnings]).toEqual([
      null,
      'carla@customer.example',
      [wrong],
    ]);
    const other = await made({ customerPhoneNumber: 'unknown', customerAddress: 'visitor-1' });
    expect([other.conversation.customerAddress, other.warnings]).toEqual(['visitor-1', [wrong]]);
  });

  it('is not needed, nor is an address', async () => {
    for (const absent of [null, '', undefined]) {
      const fields: MessageFields = { customerPhoneNumber: absent, customerAddress: absent };
      const { conversation, warnings } = await made(fields);
      expect([conversation.customerPhoneNumber, conversation.customerAddress, warnings]).toEqual([
        null,
        null,
        [],
      ]);
    }
  });

  it('in national form belongs to the country of the inbox, however the message names it', async () => {
    const american = await world.inbox({ phoneNumber: '+14155550100' });
    const message = { customerPhoneNumber: '(415) 555-2671' };
    const byId = await report(world, messageTo(american, message));
    const byNumber = messageTo(american, { ...message, inboxId: null, inboxPhoneNumber: '+1 415 555 0100' });
    const results = [byId, await report(world, byNumber)];
    expect(results.map(({ conversation }) => conversation.customerPhoneNumber)).toEqual([
      '+14155552671',
      '+14155552671',
    ]);
    const short = await world.inbox({ phoneNumber: '70708' });
    const toShort = messageTo(short, { ...message, inboxId: null, inboxPhoneNumber: '70708' });
    expect((await report(world, toShort)).conversation.customerPhoneNumber).toBeNull();
    const without = await report(world, messageTo(await world.inbox(), message));
    expect(without.conversation).toMatchObject({
      customerPhoneNumber: null,
      customerAddress: '(415) 555-2671',
    });
  });

  it('in national form belongs to the only inbox of a message that names none', async () => {
    const small = await World.create(app);
    await small.inbox({ phoneNumber: '+4930901820' });
    const { conversation } = await report(small, { customerPhoneNumber: '0151 12345678' });
    expect(conversation.customerPhoneNumber).toBe('+4915112345678');
  });

  it('is found in every form', async () => {
    const { conversation } = await made({ customerPhoneNumber: '+5215599887766' });
    const found = async (path: string, name: string, number: string) => {
      const { body } = await app.call('get', path, world.admin).query(`${name}=${number}`).expect(200);
      return (body as { data: ConversationResponse[] }).data.map(({ id }) => id);
    };
    const forms = [
      '%2B5215599887766',
      '+5215599887766',
      '%2B52%2055%209988%207766',
      'tel:%2B525599887766',
      '525599887766@c.us',
    ];
    for (const form of forms) {
      expect(await found('/conversations/search', 'phoneNumber', form)).toEqual([conversation.id]);
      expect(await found('/conversations', 'customerPhoneNumber', form)).toEqual([conversation.id]);
    }
    for (const form of ['', '0151', '0151 99887766', 'nobody', '%2B', 'x'.repeat(300)]) {
      expect(await found('/conversations/search', 'phoneNumber', form)).toEqual([]);
      expect(await found('/leads', 'phone', form)).toEqual([]);
    }
  });
});

describe('a number in national form', () => {
  const found = async (world: World, path: string, query: object): Promise<string[]> => {
    const { body } = await app.call('get', path, world.admin).query(query).expect(200);
    return (body as { data: { id: string }[] }).data.map(({ id }) => id);
  };

  it('is found with the country of the inboxes', async () => {
    const small = await World.create(app);
    const [support] = [await small.inbox({ phoneNumber: '+4930901820' }), await small.inbox()];
    await small.inbox({ phoneNumber: '70707' });
    const phone = '0151 / 12345678';
    const message = messageTo(support, { customerPhoneNumber: phone, lead: { externalId: 'crm-1', phone } });
    const { id, leadId } = (await report(small, message)).conversation;
    for (const form of [phone, '(0151) 12345678', '015112345678', '0049 151 12345678']) {
      expect(await found(small, '/conversations/search', { phoneNumber: form })).toEqual([id]);
      expect(await found(small, '/conversations', { customerPhoneNumber: form, limit: 1 })).toEqual([id]);
      expect(await found(small, '/leads', { phone: form })).toEqual([leadId]);
    }
    const pages = { customerPhoneNumber: phone, sort: 'priority' };
    expect(await found(small, '/conversations', pages)).toEqual([id]);
  });

  it('is found in an inbox of another country, where two countries make two numbers of it', async () => {
    const wide = await World.create(app);
    const inboxes = [
      await wide.inbox({ phoneNumber: '+4930901820' }),
      await wide.inbox({ phoneNumber: '+33170189900' }),
    ];
    const number = '030 901821';
    const ids: string[] = [];
    for (const each of inboxes)
      ids.push((await report(wide, messageTo(each, { customerPhoneNumber: number }))).conversation.id);
    for (const [i, { id: inboxId }] of inboxes.entries())
      expect(await found(wide, '/conversations', { customerPhoneNumber: number, inboxId })).toEqual([ids[i]]);
    expect(await found(wide, '/conversations/search', { phoneNumber: number })).toEqual([]);
  });
});

describe('null and the empty text', () => {
  it.each([null, ''])('mean "not given" in every field: %j', async (nothing) => {
    const thread = messageTo(inbox, { occurredAt: minutesBefore(10) });
    const known = await report(world, {
      ...thread,
      customerAddress: 'visitor-1',
      subject: 'Order 1',
      displayName: 'Carla',
      lead: { externalId: 'crm-1', name: 'Carla', email: 'carla@customer.example', phone: '+4915112345678' },
    });
    const { inboxId, externalConversationId } = thread;
    const empty = {
      ...{ customerPhoneNumber: nothing, customerAddress: nothing, subject: nothing, displayName: nothing },
      ...{ messageId: nothing, occurredAt: nothing, inboxPhoneNumber: nothing },
    };
    const lead = { externalId: 'crm-1', name: nothing, email: nothing, phone: nothing };
    const { id, customerPhoneNumber, customerAddress, subject, displayName, leadId } = known.conversation;
    for (const [i, given] of [nothing, lead].entries()) {
      const message = { inboxId, externalConversationId, ...empty, lead: given };
      const { body } = await reporting(world, message).expect(200);
      const kept = { id, customerPhoneNumber, customerAddress, subject, displayName, leadId };
      expect(body).toMatchObject({ warnings: [], conversation: { ...kept, messageCount: i + 2 } });
    }
    const { body } = await app.call('get', `/leads/${leadId}`, world.admin).expect(200);
    expect(body).toMatchObject({ name: 'Carla', email: 'carla@customer.example', phone: '+4915112345678' });
  });

  it.each([null, ''])('are no thread and no inbox: %j', async (nothing) => {
    const small = await World.create(app);
    const only = await small.inbox();
    const message = { externalConversationId: nothing, inboxId: nothing, inboxPhoneNumber: nothing };
    const [one, other] = [await report(small, message), await report(small, message)];
    expect([one.conversation.inboxId, one.warnings]).toEqual([only.id, []]);
    expect(other.conversation.id).not.toBe(one.conversation.id);
  });
});

describe('the number of an inbox', () => {
  it.each([
    ['+49 30 901821 ext. 12', '+4930901821;ext=12'],
    ['tel:+4930901821;ext=13', '+4930901821;ext=13'],
    ['+49 30 901821', '+4930901821'],
    ['70707', '70707'],
    ['+1234567890', '+1234567890'],
  ])('%s is kept as %s, and messages find it', async (written, phoneNumber) => {
    const created = await world.inbox({ phoneNumber: written });
    expect(created.phoneNumber).toBe(phoneNumber);
    const message = messageTo(created, { inboxId: null, inboxPhoneNumber: written });
    expect((await report(world, message)).conversation.inboxId).toBe(created.id);
  });

  it('is refused when it is none', async () => {
    const create = app.call('post', '/inboxes', world.admin).send({ name: 'None', phoneNumber: 'none' });
    await invalid(create, 'phoneNumber');
    await invalid(
      reporting(world, { ...messageTo(inbox), inboxId: null, inboxPhoneNumber: 'x' }),
      'inboxPhoneNumber',
    );
  });
});

describe('the time of a message', () => {
  it.each<[string | number, string]>([
    ['2026-01-01T10:00:00Z', '2026-01-01T10:00:00.000Z'],
    ['2026-01-01T10:00:00+0000', '2026-01-01T10:00:00.000Z'],
    ['2026-01-01T10:00:00', '2026-01-01T10:00:00.000Z'],
    ['1767225600', '2026-01-01T00:00:00.000Z'],
    [1767225600, '2026-01-01T00:00:00.000Z'],
    [1767225600123, '2026-01-01T00:00:00.123Z'],
  ])('%j is understood', async (occurredAt, at) => {
    const { conversation, warnings } = await made({ occurredAt });
    expect([conversation.lastMessageAt, warnings]).toEqual([at, []]);
  });

  it.each<[string | number, string]>([
    ['yesterday', 'TIME_NOT_UNDERSTOOD'],
    ['2026-02-30T10:00:00Z', 'TIME_NOT_UNDERSTOOD'],
    ['1999-12-31T23:59:59Z', 'TIME_NOT_UNDERSTOOD'],
    [0, 'TIME_NOT_UNDERSTOOD'],
    [minutesBefore(-6), 'TIME_IN_FUTURE'],
    [minutesBefore(-60 * 24 * 365), 'TIME_IN_FUTURE'],
    ['9999-12-31T23:59:59Z', 'TIME_IN_FUTURE'],
  ])('%j counts as now, with a warning', async (occurredAt, code) => {
    const before = Date.now();
    const { conversation, warnings } = await made({ occurredAt, messageId: 'm-1' });
    expect(warnings).toEqual([`occurredAt ${code}`]);
    for (const time of [conversation.lastMessageAt, conversation.waitingSince]) {
      expect(Date.parse(time)).toBeGreaterThanOrEqual(before);
      expect(Date.parse(time)).toBeLessThanOrEqual(Date.now());
    }
  });
});
