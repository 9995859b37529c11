import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { LoggedService } from './support/logged-service.js';
import { messageTo, type MessageFields } from './support/messages.js';
import { json, raw, type RawResponse } from './support/raw.js';
import { ServiceProcess } from './support/service-process.js';
import { minutesBefore, World } from './support/world.js';

let app: TestApplication;
let world: World;
let inbox: InboxResponse;
/** Tells everything it can. */
let talkative: LoggedService;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
  inbox = await world.inbox({ phoneNumber: '+4930901820' });
  const changes = { LOG_LEVEL: 'trace', LOG_SQL: 'yes' };
  talkative = new LoggedService(await ServiceProcess.start(app.database.url, changes));
});
afterAll(async () => {
  await talkative.service.stop();
  await app.stop();
});

/** Messages of each row of docs/customer-data.md, with texts that are nowhere else. */
const ODD: [row: string, fields: MessageFields][] = [
  ...[
    '+49 (151) 777-88801',
    '\u202a+4915177788802\u202c',
    '＋４９１５１７７７８８８０３',
    'tel:+4915177788804',
    'sms:+4915177788805',
    'whatsapp:+4915177788806',
    'sip:+4915177788807@gateway.example',
    '4915177788808@c.us',
    '4915177788809@s.whatsapp.net',
    '004915177788810',
    '4915177788811',
    '0151 77788812',
    'tel:+49-30-77788813;ext=77788',
    '77788814',
    '+1234777888',
    '+5215577788815',
    '77788816 or nobody',
    'carla.unmistakable@customer.example',
  ].map((customerPhoneNumber): [string, MessageFields] => [customerPhoneNumber, { customerPhoneNumber }]),
  ['no number', { customerPhoneNumber: null, customerAddress: 'visitor-unmistakable-1' }],
  ['an address with controls', { customerAddress: 'visitor-unmistakable\u0007-2' }],
  ['a long address', { customerAddress: 'visitor-unmistakable-'.repeat(40) }],
  ['a name with controls', { displayName: '\u202eCarla\u0000 Unmistakable' }],
  ['a long name', { displayName: 'Unmistakable Carla '.repeat(20) }],
  ['a long subject', { subject: 'Unmistakable order '.repeat(20) }],
  ['no time', { occurredAt: 'unmistakable yesterday' }],
  ['a time in the future', { occurredAt: minutesBefore(-60) }],
  ['a time long after', { occurredAt: '9777-08-08T07:07:07Z' }],
  ['a Unix time', { occurredAt: 1777888017 }],
  ['an e-mail that is none', { lead: { externalId: 'crm-777888', email: 'n/a unmistakable' } }],
  [
    'an e-mail with a line break',
    { lead: { externalId: 'crm-777889', email: 'unmistakable\r\nBcc: x@y.example' } },
  ],
  ['a number of a lead that is none', { lead: { externalId: 777888018, phone: 'unmistakable mother' } }],
  ['a number of a lead', { lead: { externalId: ' crm-777890 ', phone: '0151 77788819' } }],
  ['a lead without an id', { lead: { name: 'Unmistakable Lea', phone: '+49 151 77788820' } }],
  ['ids that are numbers', { externalConversationId: 777888021, messageId: 777888022 }],
  [
    'ids with blanks around them',
    { externalConversationId: ' unmistakable-1 ', messageId: '\tunmistakable-2\n' },
  ],
  [
    'ids that are decomposed',
    { externalConversationId: 'Unmistakable Cafe\u0301', messageId: 'unmistakable-e\u0301' },
  ],
  [
    'ids that are too long',
    { externalConversationId: 'unmistakable-'.repeat(99), messageId: 'm-unmistakable'.repeat(99) },
  ],
];

const post = (path: string, body: unknown) =>
  raw(talkative.service.url, { method: 'POST', path: `/api/v1${path}`, ...json(body, world.orchestrator) });

/** Every text and number of a value, however deep. */
function leaves(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(leaves);
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
}

/** The forms in which a value could be logged: as it is, within JSON, normalised, its digits, its beginning. */
function formsOf(value: string): string[] {
  const digits = value.normalize('NFKC').replace(/\D/g, '');
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    value.normalize('NFC').trim(),
    value.trim().slice(0, 20),
    ...(/777\d*$/.test(digits) ? [digits, digits.slice(-8)] : []),
  ];
}

/** What a response shows of the customer. */
function shownOf({ body }: RawResponse): string[] {
  const { conversation = {} } = body as { conversation?: Record<string, unknown> };
  const fields = [
    'externalConversationId',
    'customerPhoneNumber',
    'customerAddress',
    'displayName',
    'subject',
  ];
  return fields.flatMap((field) => leaves(conversation[field]));
}

/** What the log has of these values, once it has the line of the last request. */
async function found(values: readonly string[], last: RawResponse): Promise<string[]> {
  await talkative.lineOf(last);
  const forms = new Set(values.flatMap(formsOf));
  return [...forms].filter((form) => talkative.text.includes(form));
}

it.each(ODD)('the log has nothing of %j: ingested, refused, in a batch, sought', async (_row, fields) => {
  const message = messageTo(inbox, { customerPhoneNumber: '+4915177788800', ...fields });
  const { inboxId: _, ...values } = message;
  const written = fields.customerPhoneNumber ?? '+4915177788800';

  const responses = [
    await post('/orchestrator/messages', message),
    await post('/orchestrator/messages?strict=true', message),
    await post('/orchestrator/messages/batch', {
      messages: [message, { ...message, text: 'unmistakable text' }],
    }),
    await post('/orchestrator/messages', { ...message, displayName: [message] }),
    await post('/orchestrator/messages', {
      ...message,
      inboxId: null,
      inboxPhoneNumber: written,
    }),
  ];
  const number = encodeURIComponent(written);
  for (const path of [`/conversations/search?phoneNumber=${number}`, `/leads?phone=${number}`])
    responses.push(await raw(talkative.service.url, { path: `/api/v1${path}`, headers: world.admin }));

  const [ingested, strict, batch, faulty, elsewhere, ...sought] = responses.map(({ status }) => status);
  expect([ingested, batch, faulty, ...sought]).toEqual([201, 200, 400, 200, 200]);
  const { warnings } = responses[0]!.body as { warnings: object[] };
  expect(strict).toBe(warnings.length > 0 ? 400 : 200);
  expect(elsewhere).toBeGreaterThanOrEqual(400);
  const secrets = [...leaves(values), 'unmistakable text', ...responses.flatMap(shownOf)];
  expect(await found(secrets, responses.at(-1)!)).toEqual([]);
});

it('the log has nothing of a message whose statement fails', async () => {
  const [, fields] = ODD.find(([row]) => row === 'a lead without an id')!;
  const message = messageTo(inbox, {
    ...fields,
    displayName: 'Unmistakable Carla',
    customerAddress: 'unmistakable',
  });
  await app.database.rows(
    'alter table conversations add constraint too_narrow check (version > 100) not valid',
  );
  let failed: RawResponse;
  try {
    failed = await post('/orchestrator/messages', message);
  } finally {
    await app.database.rows('alter table conversations drop constraint too_narrow');
  }
  expect(failed.status).toBe(500);
  const { inboxId: _, ...values } = message;
  expect(await found(leaves(values), failed)).toEqual([]);
  expect(talkative.lines().some(({ msg }) => msg.includes('unexpected error'))).toBe(true);
});

it('the log would be found to have them', async () => {
  const last = await post('/orchestrator/messages', messageTo(inbox));
  // What the log does have of these requests: their route, and the statement without its values.
  const told = ['/api/v1/orchestrator/messages', 'ingest_message($1, $2, $3)'];
  expect(await found(told, last)).toEqual(expect.arrayContaining(told));
});
