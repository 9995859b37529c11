import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { ingested, type MessageFields } from './support/messages.js';
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

interface Shown {
  customerPhoneNumber?: string | null;
  customerAddress?: string | null;
  displayName?: string | null;
  externalConversationId?: string;
  lastMessageAt?: string;
}

const AT = '2026-01-01T00:00:00.000Z';

/** What an orchestrator has in its hands when it passes fields on as they are. */
const CHANNELS: [channel: string, message: MessageFields, shown: Shown][] = [
  // The Cloud API: from, profile.name, id, timestamp.
  ...['5215512345678', '5511987654321', '551187654321', '2290197123456', '22997123456', '2250707123456'].map(
    whatsApp,
  ),
  ...['22507123456', '5491123456789', '4915112345678', '919812345678', '14155552671', '628123456789'].map(
    whatsApp,
  ),
  [
    'WhatsApp, a user without a number',
    {
      externalConversationId: 'MX.13491208655302741918',
      customerAddress: 'MX.13491208655302741918',
      displayName: '',
      messageId: 'wamid.HBgNNTIxNTUxMjM0NTY3OBUCABIYFjNFQjA=',
      occurredAt: '1767225600',
    },
    { customerPhoneNumber: null, customerAddress: 'MX.13491208655302741918', displayName: null },
  ],
  [
    'WhatsApp by Twilio',
    { externalConversationId: 'whatsapp:+4915112345678', customerPhoneNumber: 'whatsapp:+4915112345678' },
    { customerPhoneNumber: '+4915112345678' },
  ],
  [
    'WhatsApp Web',
    { externalConversationId: '4915112345678@c.us', customerPhoneNumber: '4915112345678@c.us' },
    { customerPhoneNumber: '+4915112345678' },
  ],
  [
    'a text message',
    { externalConversationId: '+4915112345678', customerPhoneNumber: '+4915112345678' },
    { externalConversationId: '+4915112345678', customerPhoneNumber: '+4915112345678' },
  ],
  [
    'a text message of a bank',
    { externalConversationId: '70707', customerPhoneNumber: '70707' },
    { customerPhoneNumber: '70707' },
  ],
  [
    'a call that was missed',
    { customerPhoneNumber: 'sip:+4915112345678@gateway.example;user=phone' },
    { customerPhoneNumber: '+4915112345678' },
  ],
  [
    'e-mail',
    {
      externalConversationId: '<CAF=4711@mail.example>',
      customerAddress: 'zoë@customer.example',
      subject: 'Re: Order',
    },
    { customerPhoneNumber: null, customerAddress: 'zoë@customer.example' },
  ],
  [
    'Instagram',
    {
      externalConversationId: '17841400008460056',
      customerAddress: '17841400008460056',
      occurredAt: 1767225600000,
    },
    { customerPhoneNumber: null, customerAddress: '17841400008460056', lastMessageAt: AT },
  ],
  [
    'Telegram',
    { externalConversationId: 777000, customerAddress: '@carla', messageId: 4711, occurredAt: 1767225600 },
    { externalConversationId: '777000', customerAddress: '@carla', lastMessageAt: AT },
  ],
  [
    'a visitor of the web site with an id',
    {
      externalConversationId: 'v-81f3',
      customerAddress: 'v-81f3',
      customerPhoneNumber: null,
      displayName: 'Wanda',
    },
    { customerPhoneNumber: null, customerAddress: 'v-81f3', displayName: 'Wanda' },
  ],
  [
    'a form of the web site',
    { customerPhoneNumber: '0151 / 123 456 78', displayName: ' Wanda  ', occurredAt: '2026-01-01 00:00:00' },
    { customerPhoneNumber: '+4915112345678', displayName: 'Wanda', lastMessageAt: AT },
  ],
  [
    'a form that asks for an e-mail address',
    { customerAddress: 'wanda@customer.example', customerPhoneNumber: '', lead: null },
    { customerPhoneNumber: null, customerAddress: 'wanda@customer.example' },
  ],
  ['nothing at all', {}, { customerPhoneNumber: null, customerAddress: null, displayName: null }],
];

function whatsApp(from: string): [string, MessageFields, Shown] {
  const message = {
    externalConversationId: from,
    customerPhoneNumber: from,
    displayName: '💫 Çarla \u200d',
    messageId: `wamid.${Buffer.from(from).toString('base64')}`,
    occurredAt: '1767225600',
  };
  return [`WhatsApp, ${from}`, message, { customerPhoneNumber: `+${from}`, lastMessageAt: AT }];
}

it.each(CHANNELS)('a message is taken as it comes from %s', async (_channel, fields, shown) => {
  const { conversation, warnings } = await ingested(world, { inboxId: inbox.id, ...fields });
  expect(conversation).toMatchObject(shown);
  expect(warnings).toEqual([]);
});
