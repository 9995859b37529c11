import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { changesNothing } from './support/behind.js';
import { SEED } from './support/chance.js';
import { Luck } from './support/luck.js';
import { messageTo, report, reportBatch, reporting, type MessageFields } from './support/messages.js';
import { invalid, refused } from './support/refused.js';
import { minutesBefore, World } from './support/world.js';

let app: TestApplication;
let world: World;
let inbox: InboxResponse;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
  inbox = await world.inbox({ phoneNumber: '+4930901820' });
});
afterAll(() => app.stop());

describe('what the programmer must mend', () => {
  it.each<[string, object, string]>([
    ['a field that does not exist', { text: 'Hello' }, 'text'],
    ['a field of a lead that does not exist', { lead: { externalId: 'l', tenantId: 'x' } }, 'lead.tenantId'],
    ['a number as a phone number', { customerPhoneNumber: 4915112345678 }, 'customerPhoneNumber'],
    ['a list as a name', { displayName: ['Carla'] }, 'displayName'],
    ['a name that is true', { displayName: true }, 'displayName'],
    ['an id that is an object', { messageId: {} }, 'messageId'],
    ['a number that JavaScript rounds', { messageId: 2 ** 53 }, 'messageId'],
    ['a time that is true', { occurredAt: true }, 'occurredAt'],
    ['a lead that is a text', { lead: 'crm-1' }, 'lead'],
    ['a name of a lead that is a number', { lead: { externalId: 'l', name: 7 } }, 'lead.name'],
    ['an inbox that is no id', { inboxId: 'support' }, 'inboxId'],
    ['two inboxes', { inboxPhoneNumber: '+4930901820' }, 'inboxId'],
  ])('is refused: %s', async (_what, fields, field) => {
    const message = { ...messageTo(inbox), ...fields };
    await changesNothing(world, () => invalid(reporting(world, message), field));
    const [result] = await reportBatch(world, [message]);
    expect(result).toMatchObject({ status: 400, error: { errors: [{ field }] } });
  });

  it('is refused: an inbox that nobody knows', async () => {
    await refused(reporting(world, { ...messageTo(inbox), inboxId: randomUUID() }), 'NOT_FOUND');
  });
});

describe('the warnings of a batch', () => {
  it('are at the index of their message', async () => {
    const results = await reportBatch(world, [
      messageTo(inbox),
      messageTo(inbox, { displayName: '\u0007Carla' }),
      { ...messageTo(inbox), text: 'Hello' },
      messageTo(inbox, { customerPhoneNumber: '0151 12345678' }),
      messageTo(inbox, { customerPhoneNumber: '0151', occurredAt: minutesBefore(-10) }),
      messageTo(inbox, { customerPhoneNumber: 'nobody', occurredAt: minutesBefore(-10) }),
      messageTo(inbox, { lead: { externalId: 'l', email: 'n/a' } }),
    ]);
    const shown = results.map(({ index, status, warnings = [] }) => [
      index,
      status,
      ...warnings.map(({ field, code }) => `${field} ${code}`),
    ]);
    expect(shown).toEqual([
      [0, 201],
      [1, 201, 'displayName NAME_CLEANED'],
      [2, 400],
      [3, 201],
      [4, 201, 'occurredAt TIME_IN_FUTURE'],
      [5, 201, 'customerPhoneNumber PHONE_NUMBER_NOT_UNDERSTOOD', 'occurredAt TIME_IN_FUTURE'],
      [6, 201, 'lead.email EMAIL_NOT_VALID'],
    ]);
  });

  it('are at the index of their message among 1,000 of every kind', async () => {
    const kinds: [fields: object, warnings: string[] | null][] = [
      [{}, []],
      [{ externalConversationId: 'one-thread' }, []],
      [{ externalConversationId: 'one-thread', displayName: '\u0007Carla' }, ['displayName NAME_CLEANED']],
      [{ text: 'Hello' }, null],
      [{ customerPhoneNumber: '0151 12345678' }, []],
      [{ customerPhoneNumber: 'nobody' }, ['customerPhoneNumber PHONE_NUMBER_NOT_UNDERSTOOD']],
      [{ inboxId: randomUUID() }, null],
      [{ occurredAt: minutesBefore(-10) }, ['occurredAt TIME_IN_FUTURE']],
      [{ messageId: 'm'.repeat(999), occurredAt: '' }, ['messageId TEXT_CUT']],
      [{ lead: { externalId: 'l', email: 'n/a' } }, ['lead.email EMAIL_NOT_VALID']],
      [
        { subject: 'x'.repeat(300), occurredAt: minutesBefore(-10) },
        ['subject TEXT_CUT', 'occurredAt TIME_IN_FUTURE'],
      ],
    ];
    const luck = new Luck(SEED);
    const drawn = Array.from({ length: 1_000 }, () => luck.oneOf(kinds));
    const results = await reportBatch(
      world,
      drawn.map(([fields]) => ({ ...messageTo(inbox), ...fields })),
    );
    const shown = results.map(({ index, error, warnings = [] }) => [
      index,
      error === undefined ? warnings.map(({ field, code }) => `${field} ${code}`) : null,
    ]);
    expect(shown).toEqual(drawn.map(([, warnings], index) => [index, warnings]));
  });

  it('do not hold what the customer wrote', async () => {
    const secret = 'secret-4711';
    const fields = {
      customerPhoneNumber: secret,
      occurredAt: secret,
      lead: { externalId: 'l', email: secret, phone: secret },
    };
    const [result] = await reportBatch(world, [messageTo(inbox, fields)]);
    expect(result!.warnings).toHaveLength(4);
    expect(JSON.stringify(result!.warnings)).not.toContain(secret);
  });
});

it('the example of docs/customer-data.md gets the warnings that are below it', async () => {
  const page = readFileSync(join(__dirname, '../docs/customer-data.md'), 'utf8');
  const [message, response] = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(
    ([, block = '']) => JSON.parse(block) as object,
  );
  const { body } = await reporting(world, { ...message, inboxId: inbox.id }).expect(201);
  expect(body).toMatchObject(response!);
});

describe('with strict=true', () => {
  const WRONG: [MessageFields, string][] = [
    [{ customerPhoneNumber: 'nobody' }, 'customerPhoneNumber'],
    [{ displayName: '\u0007' }, 'displayName'],
    [{ subject: 'x'.repeat(256) }, 'subject'],
    [{ occurredAt: 'yesterday' }, 'occurredAt'],
    [{ occurredAt: '2026-01-01T00:00:00Z', lead: { externalId: 'l', email: 'n/a' } }, 'lead.email'],
    [{ lead: { name: '' } }, 'lead'],
  ];

  it.each(WRONG)('a warning refuses the message: %j', async (fields, field) => {
    const message = messageTo(inbox, fields);
    await changesNothing(world, () => invalid(reporting(world, message).query({ strict: 'true' }), field));
    expect((await reporting(world, message).query({ strict: 'false' })).status).toBe(201);
  });

  it('so does a time that the database finds in the future, also in a known thread', async () => {
    const message = messageTo(inbox, { occurredAt: minutesBefore(-6), messageId: 'm-1' });
    const strictly = () => invalid(reporting(world, message).query({ strict: 'true' }), 'occurredAt');
    await changesNothing(world, strictly);
    await report(world, { ...message, messageId: 'm-2' });
    await changesNothing(world, strictly);
  });

  it('a batch refuses just the messages with warnings', async () => {
    const messages = [
      messageTo(inbox),
      ...WRONG.map(([fields]) => messageTo(inbox, fields)),
      messageTo(inbox, { occurredAt: minutesBefore(-6) }),
    ];
    const { body } = await app
      .call('post', '/orchestrator/messages/batch?strict=true', world.orchestrator)
      .send({ messages })
      .expect(200);
    const { results } = body as { results: { status: number; error?: { errors: { field: string }[] } }[] };
    expect(results.map(({ status, error }) => [status, error?.errors[0]!.field])).toEqual([
      [201, undefined],
      ...WRONG.map(([, field]) => [400, field]),
      [400, 'occurredAt'],
    ]);
  });

  it('a message without warnings is ingested', async () => {
    expect((await reporting(world, messageTo(inbox)).query({ strict: 'true' })).status).toBe(201);
  });

  it('is no other word', async () => {
    await invalid(reporting(world, messageTo(inbox)).query({ strict: 'yes' }), 'strict');
  });
});
