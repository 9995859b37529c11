import { randomUUID } from 'node:crypto';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { json, problemCode, raw } from './support/raw.js';
import { World } from './support/world.js';

let app: TestApplication;
let world: World;
let inbox: InboxResponse;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
  inbox = await world.inbox();
});
afterAll(async () => {
  await app.call('get', '/tenant', world.admin).expect(200);
  await app.stop();
});

async function report(changes: object) {
  const message = {
    externalConversationId: `thread-${randomUUID()}`,
    inboxId: inbox.id,
    customerPhoneNumber: '+4915112345678',
    ...changes,
  };
  const path = '/api/v1/orchestrator/messages';
  const { headers, body } = json(message, world.orchestrator);
  const response = await raw(app.url, { method: 'POST', path, headers, body });
  return {
    response,
    outcome: response.status < 300 ? 'taken' : `${response.status} ${problemCode(response, path)}`,
  };
}

async function batch(body: unknown): Promise<[status: number, outcomes: unknown]> {
  const path = '/api/v1/orchestrator/messages/batch';
  const response = await raw(app.url, { method: 'POST', path, ...json(body, world.orchestrator) });
  if (response.status !== 200) return [response.status, problemCode(response, path)];
  return [200, (response.body['results'] as { status: number }[]).map(({ status }) => status)];
}

describe('phone numbers', () => {
  it.each([
    ' ',
    '+',
    '+49',
    '0151 12345678',
    '+0151123456',
    '+49151123456789012345',
    'phone',
    '+49 phone',
    '+4915112345678 or 1=1',
    'call +4915112345678 please',
    '+4915112345678; +4915112345679',
    '++4915112345678',
    '+49-',
    '😀',
    '+1 555',
    '+4915112345678'.repeat(1000),
  ])('%j is none, and the message counts', async (customerPhoneNumber) => {
    const { response } = await report({ customerPhoneNumber });
    const warnings = [{ field: 'customerPhoneNumber', code: 'PHONE_NUMBER_NOT_UNDERSTOOD' }];
    expect(response.body).toMatchObject({ conversation: { customerPhoneNumber: null }, warnings });
  });

  it.each([4915112345678, true, {}, [], ['+4915112345678']])(
    '%j is refused, because only a programmer sends it',
    async (customerPhoneNumber) => {
      expect((await report({ customerPhoneNumber })).outcome).toBe('400 VALIDATION_FAILED');
    },
  );

  it.each([
    '+4915112345678',
    '+49 151 12345678',
    '+49 (151) 123-456-78',
    '+49.151.12345678',
    ' +4915112345678 ',
    '4915112345678',
  ])('%j is one', async (customerPhoneNumber) => {
    const { response } = await report({ customerPhoneNumber });
    expect(response.body).toMatchObject({ conversation: { customerPhoneNumber: '+4915112345678' } });
  });
});

describe('times', () => {
  it.each([
    'now',
    'yesterday',
    '2026-02-30T10:00:00Z',
    '2026-13-01T10:00:00Z',
    '2026-01-32T10:00:00Z',
    '2025-02-29T10:00:00Z',
    '2026-01-01T25:00:00Z',
    '2026-01-01T10:60:00Z',
    '2026-01-01T24:00:00Z',
    '01/02/2026',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '-000001-01-01T00:00:00Z',
    '1999-12-31T23:59:59Z',
    '+275760-09-13T00:00:00Z',
    '+275760-09-13T00:00:00.001Z',
    '275760-09-13T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '+010000-01-01T00:00:00Z',
    '294277-01-01T00:00:00Z',
    '2026-W01',
    '2026-002',
    '20260101T000000Z',
    'infinity',
    '2026-01-01T00:00:00+99:99',
    '2026-01-01T00:00:00Z'.repeat(100),
  ])('%j is none, and the message counts as sent now', async (occurredAt) => {
    const before = Date.now();
    const { response } = await report({ occurredAt });
    expect(response.body).toMatchObject({ warnings: [{ field: 'occurredAt' }] });
    const { lastMessageAt } = response.body['conversation'] as { lastMessageAt: string };
    expect(Date.parse(lastMessageAt)).toBeGreaterThanOrEqual(before);
  });

  it.each([{}, [], true])('%j is refused, because only a programmer sends it', async (occurredAt) => {
    expect((await report({ occurredAt })).outcome).toBe('400 VALIDATION_FAILED');
  });

  it.each([
    ['2026-01-01T10:00:00Z', '2026-01-01T10:00:00.000Z'],
    ['2026-01-01T10:00:00.123456Z', '2026-01-01T10:00:00.123Z'],
    ['2026-01-01T10:00:00+05:30', '2026-01-01T04:30:00.000Z'],
    ['2026-01-01 10:00:00Z', '2026-01-01T10:00:00.000Z'],
    ['2024-02-29T23:59:59-01:00', '2024-03-01T00:59:59.000Z'],
  ])('%j is one', async (occurredAt, lastMessageAt) => {
    expect((await report({ occurredAt })).response.body).toMatchObject({ conversation: { lastMessageAt } });
  });
});

describe('texts', () => {
  /** Long for PostgreSQL, short for a check that counts characters as people see them. */
  const selectors = Array.from({ length: 5_000 }, (_, i) =>
    (i * i * 7919) % 13 < 6 ? '\ufe0e' : '\ufe0f',
  ).join('');

  it.each<[string, object]>([
    ['an array', { displayName: ['a'] }],
    ['a lead that is a text', { lead: 'crm-1' }],
    ['a lead that is an array', { lead: [] }],
    ['an unknown field of a lead', { lead: { externalId: 'l', tenantId: randomUUID() } }],
    ['both inboxes', { inboxPhoneNumber: '+4930901820' }],
    ['an unknown field', { text: 'Hello' }],
    ['a state', { state: 'RESOLVED' }],
  ])('%s: 400', async (_what, changes) => {
    expect((await report(changes)).outcome).toBe('400 VALIDATION_FAILED');
  });

  it.each<[string, object]>([
    ['an empty one', { externalConversationId: '' }],
    ['256 letters', { externalConversationId: 'x'.repeat(256) }],
    ['15,000 letters', { displayName: 'x'.repeat(15_000) }],
    ['a letter with 5,000 variants', { externalConversationId: `a${selectors}` }],
    ['200 letters with a variant each, which are 400 characters', { displayName: 'a\ufe0f'.repeat(200) }],
    ['a number', { externalConversationId: 7 }],
    ['null', { displayName: null }],
    ['a NUL character deep down', { lead: { externalId: '\0' } }],
    ['a lead that is null', { lead: null }],
    ['a lead without an id', { lead: { name: 'Carla' } }],
    ['half an emoji in an address', { lead: { externalId: 'crm-1', email: 'a@\ud83d.example' } }],
    ['half an emoji in an id', { externalConversationId: 'a\ude00' }],
    ['half an emoji in the id of a message', { messageId: '\ud83d' }],
    ['half an emoji in a name', { displayName: 'a\ud83db' }],
  ])("%s is nobody's fault", async (_what, changes) => {
    expect((await report(changes)).outcome).toBe('taken');
  });

  it.each<[string, string]>([
    ['emoji', '😀👩‍👩‍👧‍👦'],
    ['right to left', 'שלום עולם'],
    ['255 emoji', '😀'.repeat(255)],
    ['quotes and a backslash', `'"\\; --`],
  ])('%s is fine', async (_what, text) => {
    const { response } = await report({
      externalConversationId: text,
      displayName: text,
      messageId: text,
    });
    expect(response.body).toMatchObject({
      conversation: { externalConversationId: text, displayName: text },
    });
  });
});

describe('batches', () => {
  const good = () => ({
    externalConversationId: `thread-${randomUUID()}`,
    inboxId: inbox.id,
    customerPhoneNumber: '+4915112345678',
  });

  it.each<[string, unknown]>([
    ['nothing', {}],
    ['null', null],
    ['an array', [good]],
    ['null for messages', { messages: null }],
    ['no messages', { messages: [] }],
    ['1,001 messages', { messages: Array.from({ length: 1001 }, () => ({})) }],
    ['an object of messages', { messages: { 0: {} } }],
    ['a text of messages', { messages: 'a' }],
    ['an unknown field', { messages: [{}], tenantId: randomUUID() }],
  ])('of %s: 400', async (_what, body) => {
    expect(await batch(body)).toEqual([400, 'VALIDATION_FAILED']);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a text', 'message'],
    ['a number', 1],
    ['an array', []],
    ['a lead with constructor', { lead: { constructor: 'x' } }],
    ['an unknown field', { text: 'Hello' }],
    ['a name that is a list', { displayName: ['Carla'] }],
  ])('with %s in one item accept the others', async (_what, wrong) => {
    const middle =
      typeof wrong === 'object' && wrong !== null && !Array.isArray(wrong) ? { ...good(), ...wrong } : wrong;
    expect(await batch({ messages: [good(), middle, good()] })).toEqual([200, [201, 400, 201]]);
  });

  it('with an unknown field named then in one item accept the others', async () => {
    expect(await batch({ messages: [good(), { ...good(), then: 'x' }, good()] })).toEqual([
      200,
      [201, 400, 201],
    ]);
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString'])(
    'with %s in one item accept the others',
    async (name) => {
      const planted = { state: 'RESOLVED', tenantId: randomUUID(), constructor: 'x' };
      const message = { ...good(), [name]: planted };
      expect(await batch({ messages: [good(), message, good()] })).toEqual([200, [201, 400, 201]]);
    },
  );

  it('with data that PostgreSQL cannot store accept all', async () => {
    const odd = [{ displayName: '\ud83d' }, { occurredAt: '+275760-09-13T00:00:00Z' }, { messageId: '\0' }];
    const messages = odd.map((fields) => ({ ...good(), ...fields }));
    expect(await batch({ messages })).toEqual([200, [201, 201, 201]]);
  });
});
