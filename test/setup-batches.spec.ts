import type { Response } from 'supertest';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import type { InboxItemResult } from '../src/inboxes/inbox-batch.js';
import type { OperatorItemResult } from '../src/operators/operator-batch.js';
import type { OperatorResponse } from '../src/operators/operator.js';
import { TestApplication, type Headers } from './support/application.js';
import { changesNothing } from './support/behind.js';
import { keyed, replayed } from './support/idempotency-keys.js';
import { expectInvariants } from './support/invariants.js';
import { invalid, refused } from './support/refused.js';
import { World } from './support/world.js';

let app: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start({ QUOTA_OPERATORS: '20', QUOTA_INBOXES: '6' });
});
beforeEach(async () => {
  world = await World.create(app);
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

type What = 'operators' | 'inboxes';
type ItemResult = OperatorItemResult & InboxItemResult;

const sending = (what: What, items: unknown, headers = world.admin) =>
  app.call('post', `/${what}/batch`, headers).send({ [what]: items });
const resultsOf = ({ body }: Response) => (body as { results: ItemResult[] }).results;
const batch = async (what: What, items: unknown[], headers?: Headers) =>
  resultsOf(await sending(what, items, headers).expect(200));
const statuses = (results: ItemResult[]) =>
  results.map(({ status, error }) => (error === undefined ? status : `${status} ${error.code}`));
async function listed<T extends OperatorResponse | InboxResponse>(what: What): Promise<T[]> {
  const { body } = await app.call('get', `/${what}?limit=100`, world.admin).expect(200);
  return (body as { data: T[] }).data;
}
const entriesOf = (requestId: string) =>
  app.database.rows<{ action: string; subject_id: string }>(
    'select action, subject_id from audit_events where tenant_id = $1 and request_id = $2 order by id',
    [world.tenantId, requestId],
  );

/** Alone, each item is a transaction; with a key, all are savepoints of one. */
const MODES: [name: string, headers: () => Headers][] = [
  ['alone', () => ({ ...world.admin, 'X-Request-Id': 'batch' })],
  ['with an Idempotency-Key', () => keyed({ ...world.admin, 'X-Request-Id': 'batch' }, 'batch-1')],
];

describe.each(MODES)('POST /operators/batch %s', (_name, headers) => {
  it('has a result for each operator, and a refused one changes nothing', async () => {
    const known = await world.operator({ externalId: 'known', name: 'Known' });
    const results = await batch(
      'operators',
      [
        { name: 'Otto', externalId: 'otto', email: 'otto@acme.example' },
        { name: 'Olga', email: 'OTTO@acme.example' },
        { name: 'Renamed', externalId: 'known', maxLoad: 3 },
        { name: '', role: 'BOSS' },
        'Otto',
        { name: 'Known', externalId: 'known', email: 'otto@acme.example' },
        { name: 'Otto again', externalId: 'otto' },
        { name: 'Olga', externalId: null },
        { name: 'Olga', tenantId: world.tenantId },
      ],
      headers(),
    );
    expect(results.map(({ index }) => index)).toEqual([...results.keys()]);
    expect(statuses(results)).toEqual([
      201,
      '409 ALREADY_EXISTS',
      200,
      '400 VALIDATION_FAILED',
      '400 VALIDATION_FAILED',
      '409 ALREADY_EXISTS',
      200,
      201,
      '400 VALIDATION_FAILED',
    ]);
    expect(results[1]!.error).toMatchObject({ field: 'email' });
    expect(results[3]!.error).toMatchObject({ errors: [{ field: 'name' }, { field: 'role' }] });
    const [otto, , renamed, , , , again, olga] = results.map(({ operatorId }) => operatorId);
    expect([renamed, again]).toEqual([known.id, otto]);
    const people = await listed<OperatorResponse>('operators');
    expect(people.map(({ name, externalId }) => [name, externalId]).sort()).toEqual([
      ['Ada Admin', null],
      ['Olga', null],
      ['Otto again', 'otto'],
      ['Renamed', 'known'],
    ]);
    expect(people.find(({ id }) => id === otto)!.email).toBe('otto@acme.example');
    expect(await entriesOf('batch')).toEqual([
      { action: 'operator.created', subject_id: otto },
      { action: 'operator.updated', subject_id: known.id },
      { action: 'operator.updated', subject_id: otto },
      { action: 'operator.created', subject_id: olga },
    ]);
  });

  it('keeps to the quota and the last ADMIN, item by item', async () => {
    const adminId = world.admin['X-Operator-Id']!;
    await app.call('patch', `/operators/${adminId}`, world.admin).send({ externalId: 'ada' }).expect(200);
    const many = Array.from({ length: 18 }, (_, i) => ({ name: `Otto ${i}` }));
    const results = await batch(
      'operators',
      [
        { name: 'Ada', externalId: 'ada', role: 'MANAGER' },
        ...many,
        { name: 'Inactive', isActive: false },
        { name: 'Last', externalId: 'last' },
        { name: 'Too many' },
        { name: 'Last', externalId: 'last', isActive: false },
        { name: 'Grace', role: 'ADMIN' },
        { name: 'Ada', externalId: 'ada', role: 'MANAGER' },
      ],
      headers(),
    );
    expect(statuses(results)).toEqual([
      '409 LAST_ADMIN',
      ...many.map(() => 201),
      201,
      201,
      '409 QUOTA_EXCEEDED',
      200,
      201,
      200,
    ]);
    expect(results[21]!.error).toMatchObject({ limit: 20 });
  });

  it('deactivates and frees like single requests', async () => {
    const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
    const leaver = await world.operator({ externalId: 'leaver', inboxes: [inbox] });
    const { id: held } = await world.queued(inbox);
    const stays = await world.operator({ externalId: 'stays', inboxes: [inbox], maxLoad: 1 });
    const other = await world.inbox();
    await app.call('post', `/inboxes/${other.id}/operators`, world.admin).send({ operatorId: stays.id });
    await world.allocated(other, stays);
    const results = await batch(
      'operators',
      [
        { name: 'Stays', externalId: 'stays', maxLoad: 2 },
        { name: 'Leaver', externalId: 'leaver', isActive: false },
      ],
      headers(),
    );
    expect(statuses(results)).toEqual([200, 200]);
    expect((await world.conversation(held)).assignedOperatorId).toBe(stays.id);
    expect((await listed<OperatorResponse>('operators')).find(({ id }) => id === leaver.id)).toMatchObject({
      isActive: false,
      status: 'OFFLINE',
    });
  });
});

describe.each(MODES)('POST /inboxes/batch %s', (_name, headers) => {
  it('has a result for each inbox, and a refused one changes nothing', async () => {
    await world.inbox({ name: 'Support', phoneNumber: '+4930901820' });
    const results = await batch(
      'inboxes',
      [
        { name: 'Returns', phoneNumber: '+4930901829', boostMinutes: 30 },
        { name: 'SUPPORT' },
        { name: 'Repairs', phoneNumber: '+4930901820' },
        { name: 'returns' },
        { name: 'Repairs', distribution: 'ROUND_ROBIN' },
        { name: 'Repairs 2', distribution: 'SOMEHOW' },
        null,
        { name: 'A' },
        { name: 'B' },
        { name: 'C' },
        { name: 'D' },
      ],
      headers(),
    );
    expect(statuses(results)).toEqual([
      201,
      '409 ALREADY_EXISTS',
      '409 ALREADY_EXISTS',
      '409 ALREADY_EXISTS',
      201,
      '400 VALIDATION_FAILED',
      '400 VALIDATION_FAILED',
      201,
      201,
      201,
      '409 QUOTA_EXCEEDED',
    ]);
    expect(results[2]!.error).toMatchObject({ field: 'phoneNumber' });
    const created = results.filter(({ status }) => status === 201).map(({ inboxId }) => inboxId);
    const inboxes = await listed<InboxResponse>('inboxes');
    expect(inboxes.map(({ name }) => name)).toEqual(['Support', 'Returns', 'Repairs', 'A', 'B', 'C']);
    expect(inboxes.slice(1).map(({ id }) => id)).toEqual(created);
    expect(await entriesOf('batch')).toEqual(
      created.map((id) => ({ action: 'inbox.created', subject_id: id })),
    );
    const [row] = await app.database.rows<{ boosts: object }>(
      'select inbox_boosts as boosts from tenants where id = $1',
      [world.tenantId],
    );
    expect(row!.boosts).toEqual({ [created[0]!]: 30 });
  });
});

const NEW: Record<What, (name: string) => object> = {
  operators: (name) => ({ name, externalId: name }),
  inboxes: (name) => ({ name }),
};

describe.each(['operators', 'inboxes'] as const)('a batch of %s', (what) => {
  it('has one effect and one response with a key', async () => {
    const send = () => sending(what, [NEW[what]('One'), {}], keyed(world.admin, 'once')).expect(200);
    const first = await send();
    const again = await send();
    expect(statuses(resultsOf(first))).toEqual([201, '400 VALIDATION_FAILED']);
    expect(replayed(again)).toBe('true');
    expect(again.body).toEqual(first.body);
    expect((await listed(what)).filter(({ name }) => name === 'One')).toHaveLength(1);
  });

  it('that is no list of 1 to 1,000 is refused as a whole', async () => {
    await changesNothing(world, async () => {
      await invalid(sending(what, []), what);
      await invalid(sending(what, {}), what);
      // A longer list of anything is refused while it is parsed.
      await invalid(
        sending(
          what,
          Array.from({ length: 1_001 }, () => ({})),
        ),
        'body',
      );
      const call = () => app.call('post', `/${what}/batch`, world.admin);
      await invalid(call().send([]), 'body');
      await invalid(call().send({ [what]: [NEW[what]('One')], more: 1 }), 'more');
      await invalid(call().send({ people: [] }), 'people');
    });
    const most = await batch(
      what,
      Array.from({ length: 1_000 }, () => ({})),
    );
    expect(new Set(statuses(most))).toEqual(new Set(['400 VALIDATION_FAILED']));
    expect(most).toHaveLength(1_000);
  });

  it('is for ADMINs', async () => {
    const manager = await world.operator({ role: 'MANAGER' });
    const items = [NEW[what]('One')];
    await refused(sending(what, items, manager.headers), 'FORBIDDEN');
    await refused(sending(what, items, world.orchestrator), 'FORBIDDEN');
  });
});
