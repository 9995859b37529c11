import fc from 'fast-check';
import { plainMessage } from '../src/ingest/plain-message.js';
import { readMessage } from '../src/ingest/read-message.js';
import { SEED, TIMES } from './support/chance.js';
import { NAUGHTY_TEXTS } from './support/naughty-texts.js';

const RIGHT = {
  externalConversationId: 'thread-1',
  inboxId: '019C8F00-0000-7000-8000-000000000101',
  inboxPhoneNumber: '+49 30 901820',
  customerPhoneNumber: '+49 151 12345678',
  customerAddress: 'carla@customer.example',
  subject: 'Order 4711',
  displayName: 'Carla 🙂',
  messageId: 'wamid.1',
  occurredAt: '2026-03-02T09:30:00.123456789Z',
  lead: { externalId: 'crm-1', name: 'Carla', email: 'carla@customer.example', phone: '+49 (30) 901821' },
};

const texts = fc.oneof(
  fc.constantFrom(...NAUGHTY_TEXTS),
  fc.constantFrom(
    '',
    ' ',
    'a\0b',
    '\ud83d',
    'x'.repeat(255),
    'x'.repeat(256),
    '🙂'.repeat(255),
    '\n',
    'a\u0085b',
  ),
  fc.string({ unit: 'binary', maxLength: 4 }),
);
const phones = fc.constantFrom(
  '+49 30 901820',
  '030901820',
  '+1',
  '+499999999999999999',
  '+4915112345678 ext. 3',
  '+4915112345678;ext=3',
  '+5215512345678',
  '4915112345678',
  '12345',
  'tel:+4915112345678',
  '＋４９１５１１２３４５６７８',
);
const times = fc.oneof(
  fc.constantFrom(
    '2026-02-28T23:59:59Z',
    '2026-02-29T00:00:00Z',
    '2024-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01T00:00:00+02:00',
    '2026-01-01T00:00:00',
    '2026-01-01T00:00:00.1234567890Z',
  ),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
);
const emails = fc.constantFrom(
  'a@b.example',
  'a@b',
  `${'x'.repeat(250)}@b.example`,
  'ä@ö.example',
  'a\0@b.example',
  '"a\r\nb"@c.example',
);
const ids = fc.oneof(
  fc.uuid(),
  fc.constantFrom('019c8f00-0000-0000-8000-000000000101', '00000000-0000-0000-0000-000000000000', 'x'),
);
const anything = fc.oneof(texts, fc.constantFrom(null, 1, true, [], {}));

/** Mostly right, often something that looks like it, sometimes anything or nothing. */
const or = (right: unknown, field: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { arbitrary: fc.constant(right), weight: 12 },
    { arbitrary: field, weight: 4 },
    { arbitrary: anything, weight: 1 },
    { arbitrary: fc.constant(undefined), weight: 1 },
  );
const lead = fc.record({
  externalId: or(RIGHT.lead.externalId, texts),
  name: or(RIGHT.lead.name, texts),
  email: or(RIGHT.lead.email, emails),
  phone: or(RIGHT.lead.phone, phones),
});
const message = fc.record({
  externalConversationId: or(RIGHT.externalConversationId, texts),
  inboxId: or(RIGHT.inboxId, ids),
  inboxPhoneNumber: or(RIGHT.inboxPhoneNumber, phones),
  customerPhoneNumber: or(RIGHT.customerPhoneNumber, phones),
  customerAddress: or(RIGHT.customerAddress, texts),
  subject: or(RIGHT.subject, texts),
  displayName: or(RIGHT.displayName, texts),
  messageId: or(RIGHT.messageId, texts),
  occurredAt: or(RIGHT.occurredAt, times),
  lead: or(RIGHT.lead, lead),
  unknown: fc.constantFrom(...Array.from({ length: 19 }, () => undefined), 'field'),
});

/** As it arrives: what is undefined is not there. */
const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function checked(value: unknown): unknown {
  try {
    return readMessage(value);
  } catch {
    return 'refused';
  }
}

describe('a message that the fast check accepts', () => {
  it('passes', () => {
    const { externalConversationId, inboxPhoneNumber } = RIGHT;
    for (const value of [RIGHT, { externalConversationId, inboxPhoneNumber }, {}]) {
      const message = plainMessage(value);
      expect(message).toBeDefined();
      expect(readMessage(value)).toEqual({ message, warnings: [], needsHome: false });
    }
  });

  it('equals the result of the complete check, which handles all others', () => {
    let right = 0;
    fc.assert(
      fc.property(message.map(sent), (value) => {
        const plain = plainMessage(value);
        if (plain === undefined) return;
        right++;
        expect(checked(value)).toEqual({ message: plain, warnings: [], needsHome: false });
      }),
      { seed: SEED, numRuns: 5_000 * TIMES },
    );
    expect(right).toBeGreaterThan(500);
  });

  it.each([
    ['nothing', null],
    ['a list', [RIGHT]],
    ['a field that is null', { ...RIGHT, displayName: null }],
    ['an empty text', { ...RIGHT, subject: '' }],
    ['an id that is a number', { ...RIGHT, messageId: 7 }],
    ['a number without its country', { ...RIGHT, customerPhoneNumber: '0151 12345678' }],
    ['a name with a direction mark', { ...RIGHT, displayName: '\u202eCarla' }],
    ['a lead without an id', { ...RIGHT, lead: { name: 'Carla' } }],
    ['a field nobody knows', { ...RIGHT, text: 'hello' }],
    ['a field of every object', JSON.parse('{"__proto__": {}, "externalConversationId": "t"}')],
  ])('is not %s', (_, value) => {
    expect(plainMessage(sent(value))).toBeUndefined();
  });
});
