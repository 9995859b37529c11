import { randomUUID } from 'node:crypto';
import type { ConversationResponse } from '../src/conversations/conversation.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { ingested, messageTo, reportBatch, reporting, type MessageFields } from './support/messages.js';
import { NAUGHTY_TEXTS } from './support/naughty-texts.js';
import { World } from './support/world.js';

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

async function leadOf({ leadId }: ConversationResponse) {
  const { body } = await app.call('get', `/leads/${leadId}`, world.admin).expect(200);
  return body as { externalId: string; name: string | null; email: string | null; phone: string | null };
}

describe('the name of a customer', () => {
  it('may be every naughty text, also in a lead and as a subject', async () => {
    const messages = NAUGHTY_TEXTS.map((text, i) =>
      messageTo(inbox, {
        displayName: text,
        subject: text,
        lead: { externalId: `naughty-${i}`, name: text },
      }),
    );
    const results = await reportBatch(world, messages);
    expect(results.map(({ status }) => status)).toEqual(messages.map(() => 201));
    for (const message of messages.slice(0, 20)) expect((await reporting(world, message)).status).toBe(200);
  });

  it('is cleaned with a warning', async () => {
    const dirty = await made({
      displayName: '\u202eCar\u0000la',
      lead: { externalId: 'dirty', name: '\u0007' },
    });
    expect([dirty.conversation.displayName, dirty.warnings]).toEqual([
      'Carla',
      ['displayName NAME_CLEANED', 'lead.name NAME_CLEANED'],
    ]);
    expect((await leadOf(dirty.conversation)).name).toBeNull();
    const long = await made({ displayName: 'x'.repeat(300), subject: 'y'.repeat(300) });
    expect([long.conversation.displayName, long.conversation.subject, long.warnings]).toEqual([
      'x'.repeat(255),
      'y'.repeat(255),
      ['subject TEXT_CUT', 'displayName TEXT_CUT'],
    ]);
    const blank = await made({ displayName: '  ' });
    expect([blank.conversation.displayName, blank.warnings]).toEqual([null, ['displayName NAME_CLEANED']]);
  });
});

describe('a lead', () => {
  /** Addresses as lists of e-mail validators have them, right and wrong. */
  const ADDRESSES = [
    ...[
      'n/a',
      '-',
      'none',
      'carla',
      'carla@',
      '@customer.example',
      'carla@@customer.example',
      'carla@customer',
    ],
    ...[
      'carla@localhost',
      'carla@[127.0.0.1]',
      'carla@[IPv6:::1]',
      '"carla c"@customer.example',
      '" "@customer.example',
    ],
    ...[
      'carla.@customer.example',
      '.carla@customer.example',
      'car..la@customer.example',
      'carla+tag@customer.example',
    ],
    ...[
      'Carla <carla@customer.example>',
      'mailto:carla@customer.example',
      'carla@customer.example.',
      'carla@-x.example',
    ],
    ...[
      'carla(comment)@customer.example',
      'carla@customer..example',
      'carla@x_y.example',
      'carla@1.2.3.4',
      'a@b.c',
    ],
    ...[
      'zoë@customer.example',
      'carla@zoë.example',
      '用户@例子.广告',
      'carla@xn--fsqu00a.example',
      '\u202ecarla@customer.example',
    ],
    ...[
      `${'a'.repeat(64)}@customer.example`,
      `${'a'.repeat(65)}@customer.example`,
      `a@${'b'.repeat(64)}.example`,
    ],
    ...[
      `a@${'b.'.repeat(130)}example`,
      'x'.repeat(300),
      'carla@customer.example, ben@customer.example',
      "o'brien@x.example",
    ],
    ...[
      '"carla\\@x"@customer.example',
      '"carla@customer.example',
      'carla"@customer.example',
      'carla @customer.example',
    ],
  ];

  it('may have anything as its e-mail address', async () => {
    const messages = ADDRESSES.map((email, i) =>
      messageTo(inbox, { lead: { externalId: `mail-${i}`, name: 'C', email } }),
    );
    const results = await reportBatch(world, messages);
    expect(results.map(({ status }) => status)).toEqual(messages.map(() => 201));
    const stored = await app.database.rows<{ email: string | null }>(
      `select email from leads where tenant_id = $1 and external_id like 'mail-%' order by id`,
      [world.tenantId],
    );
    expect(stored.map(({ email }) => email?.slice(0, 200))).toEqual(
      ADDRESSES.map((text) => text.slice(0, 200)),
    );
  });

  it.each([
    'carla@customer.example\r\nBcc: all@customer.example',
    '"a\r\nb"@customer.example',
    'a\u0000@b.example',
    '\ud83d@b.example',
  ])('never has %j as its e-mail address, and all the rest counts', async (email) => {
    const { conversation, warnings } = await made({
      lead: { externalId: randomUUID(), name: 'Carla', email },
    });
    expect(warnings).toEqual(['lead.email FIELD_LEFT_OUT']);
    expect(await leadOf(conversation)).toMatchObject({ name: 'Carla', email: null });
  });

  it.each(['ask\r\nher', 'ask\u0000her'])('never has %j as its number', async (phone) => {
    const { conversation, warnings } = await made({
      lead: { externalId: randomUUID(), name: 'Carla', phone },
    });
    expect(warnings).toEqual(['lead.phone FIELD_LEFT_OUT']);
    expect(await leadOf(conversation)).toMatchObject({ name: 'Carla', phone: null });
  });

  it('keeps what is neither an address nor a number, with a warning', async () => {
    const lead = { externalId: 4711, name: 'Carla', email: 'n/a', phone: 'ask her mother' };
    const { conversation, warnings } = await made({ lead });
    expect(warnings).toEqual(['lead.email EMAIL_NOT_VALID', 'lead.phone PHONE_NUMBER_NOT_UNDERSTOOD']);
    expect(await leadOf(conversation)).toMatchObject({ ...lead, externalId: '4711' });
  });

  it('understands its number like that of the customer', async () => {
    const { conversation, warnings } = await made({
      lead: { externalId: 'national', phone: '0151 12345678' },
    });
    expect([(await leadOf(conversation)).phone, warnings]).toEqual(['+4915112345678', []]);
  });

  it('needs no id', async () => {
    for (const externalId of [null, '', ' ', undefined]) {
      const { conversation, warnings } = await made({ lead: { externalId, name: 'Carla' } });
      expect([(await leadOf(conversation)).name, warnings]).toEqual(['Carla', []]);
    }
  });

  it('of which nothing is left is left out, and the message counts', async () => {
    for (const lead of [{}, { externalId: ' ' }, { name: '' }, { email: null }]) {
      const { conversation, warnings } = await made({ lead });
      expect([conversation.leadId, warnings]).toEqual([null, ['lead FIELD_LEFT_OUT']]);
    }
    expect((await made({ lead: null })).warnings).toEqual([]);
  });
});

describe('an address', () => {
  it('may have 512 characters, and more become others', async () => {
    const addressOf = async (customerAddress: string) => {
      const { conversation, warnings } = await made({ customerAddress });
      return [conversation.customerAddress, ...warnings] as const;
    };
    const longest = 'x'.repeat(512);
    expect(await addressOf(longest)).toEqual([longest]);
    const [[one, ...warnings], [other]] = [await addressOf(`${longest}1`), await addressOf(`${longest}2`)];
    expect(warnings).toEqual(['customerAddress TEXT_CUT']);
    expect([one!.length, one!.slice(0, 400)]).toEqual([512, longest.slice(0, 400)]);
    expect(other).not.toBe(one);
  });
});

describe('an id', () => {
  it('may be a number, have blanks around it, or be decomposed', async () => {
    const thread = (externalConversationId: string | number) => made({ externalConversationId });
    const [number, text] = [await thread(20411), await thread(' 20411\n')];
    expect(text.conversation).toMatchObject({
      id: number.conversation.id,
      externalConversationId: '20411',
      messageCount: 2,
    });
    const [composed, decomposed] = [await thread('Caf\u00e9'), await thread('Cafe\u0301')];
    expect(decomposed.conversation.id).toBe(composed.conversation.id);
    expect([number, text, composed, decomposed].flatMap(({ warnings }) => warnings)).toEqual([]);
  });

  it('may have 998 characters, and more become others', async () => {
    const fields = (end: string) => ({
      externalConversationId: `${'x'.repeat(997)}${end}`,
      messageId: `${'m'.repeat(997)}${end}`,
      lead: { externalId: `${'l'.repeat(997)}${end}` },
    });
    const long = await made(fields('1'));
    expect([long.conversation.externalConversationId, long.warnings]).toEqual([
      fields('1').externalConversationId,
      [],
    ]);
    expect((await made(fields('1'))).conversation).toMatchObject({
      id: long.conversation.id,
      messageCount: 1,
    });
    const [one, other] = [await made(fields('11')), await made(fields('12'))];
    expect(one.warnings).toEqual(
      ['externalConversationId', 'messageId', 'lead.externalId'].map((id) => `${id} TEXT_CUT`),
    );
    expect(new Set([long, one, other].map(({ conversation }) => conversation.id)).size).toBe(3);
    expect((await made(fields('11'))).conversation.id).toBe(one.conversation.id);
    const query = { externalConversationId: fields('1').externalConversationId };
    const { body } = await app.call('get', '/conversations', world.admin).query(query).expect(200);
    expect(body).toMatchObject({ data: [{ id: long.conversation.id }] });
  });

  it('may be every naughty text', async () => {
    const messages = NAUGHTY_TEXTS.map((text) =>
      messageTo(inbox, {
        externalConversationId: text,
        messageId: text,
        customerAddress: text,
        lead: { externalId: text },
      }),
    );
    const results = await reportBatch(world, messages);
    expect(results.filter(({ status }) => status > 201)).toEqual([]);
  });

  it('fits into every index in every script', async () => {
    const wide = (n: number) =>
      Array.from({ length: 998 }, (_, i) => String.fromCodePoint(0x1f300 + ((i * 7919 + n) % 700))).join('');
    const fields = {
      externalConversationId: wide(1),
      messageId: wide(2),
      customerAddress: wide(3),
      lead: { externalId: wide(4) },
    };
    expect((await made(fields)).conversation.messageCount).toBe(1);
    expect((await made(fields)).conversation.messageCount).toBe(1);
  });
});
