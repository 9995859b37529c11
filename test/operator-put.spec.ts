import type { UpdatedOperator } from '../src/operators/left-behind.js';
import type { OperatorResponse } from '../src/operators/operator.js';
import { TestApplication } from './support/application.js';
import { changesNothing } from './support/behind.js';
import { sessionsWaiting } from './support/faults/locks.js';
import { keyed, replayed } from './support/idempotency-keys.js';
import { atOnce, Instances } from './support/instances.js';
import { expectInvariants } from './support/invariants.js';
import { invalid, refused } from './support/refused.js';
import { World } from './support/world.js';

let app: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start();
});
beforeEach(async () => {
  world = await World.create(app);
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

const putting = (externalId: string, body: object, headers = world.admin) =>
  app.call('put', `/operators/${encodeURIComponent(externalId)}`, headers).send(body);
const stored = async (externalId: string, body: object, status: 200 | 201) =>
  (await putting(externalId, body).expect(status)).body as UpdatedOperator;
const listed = async () => {
  const { body } = await app.call('get', '/operators?limit=100', world.admin).expect(200);
  return (body as { data: OperatorResponse[] }).data;
};
const auditOf = (id: string) =>
  app.database.rows<{ action: string; before: object; after: object }>(
    'select action, before, after from audit_events where tenant_id = $1 and subject_id = $2 order by id',
    [world.tenantId, id],
  );

describe('PUT /operators/{id}', () => {
  it('creates the operator with this externalId, then updates the fields given', async () => {
    await world.change({ defaultMaxLoad: 4 });
    const first = await stored('auth0|otto', { name: 'Otto', email: 'otto@acme.example' }, 201);
    expect(first).toMatchObject({
      name: 'Otto',
      externalId: 'auth0|otto',
      email: 'otto@acme.example',
      role: 'OPERATOR',
      maxLoad: 4,
      isActive: true,
    });
    const second = await stored('auth0|otto', { name: 'Otto', role: 'MANAGER', email: null }, 200);
    expect(second).toEqual({
      ...first,
      role: 'MANAGER',
      email: null,
      updatedAt: expect.any(String) as string,
    });
    expect(await listed()).toContainEqual(second);
    expect(await auditOf(first.id)).toMatchObject([
      { action: 'operator.created', before: null, after: { externalId: 'auth0|otto' } },
      {
        action: 'operator.updated',
        before: { role: 'OPERATOR', email: '[hidden]' },
        after: { role: 'MANAGER', email: null },
      },
    ]);
  });

  it('writes nothing when the operator is as the request wants them', async () => {
    const first = await stored('otto', { name: 'Otto', role: 'MANAGER', maxLoad: 3 }, 201);
    await changesNothing(world, async () => {
      expect(await stored('otto', { name: 'Otto', maxLoad: 3, isActive: true }, 200)).toEqual(first);
      expect(await stored('otto', { name: 'Otto', externalId: 'otto' }, 200)).toEqual(first);
    });
    expect(await auditOf(first.id)).toHaveLength(1);
  });

  it('finds the operator whom a POST created, and not the one whose id is the same text', async () => {
    const { id } = await world.operator({ externalId: 'olga' });
    expect(await stored('olga', { name: 'Olga' }, 200)).toMatchObject({ id, name: 'Olga' });
    expect((await stored(id, { name: 'Other' }, 201)).id).not.toBe(id);
  });

  it.each([
    'https://login.acme.example/users/1?a=b&c=d#e',
    'a%2Fb %25 +ü😀',
    '019c8f00-0000-7000-8000-ffffffffffff',
    'batch',
    '😀'.repeat(255),
  ])('takes every text that can be an externalId: %s', async (externalId) => {
    const { id } = await stored(externalId, { name: 'Otto' }, 201);
    expect(await stored(externalId, { name: 'Olga' }, 200)).toMatchObject({ id, externalId });
  });

  it('refuses other texts, another externalId in the body, and what a creation refuses', async () => {
    await changesNothing(world, async () => {
      await invalid(putting('x'.repeat(256), { name: 'Otto' }), 'id');
      await invalid(putting('a\nb', { name: 'Otto' }), 'id');
      await invalid(putting('otto\0', { name: 'Otto' }), 'id');
      await invalid(putting('otto', { name: 'Otto', externalId: 'olga' }), 'externalId');
      await invalid(putting('otto', { name: 'Otto', externalId: null }), 'externalId');
      await invalid(putting('otto', {}), 'name');
      await invalid(putting('otto', { name: ' ', role: 'BOSS' }), 'name', 'role');
      await invalid(putting('otto', { name: 'Otto', revokeKeys: true }), 'revokeKeys');
    });
  });

  it('refuses an e-mail address in use, also for who is known', async () => {
    await stored('olga', { name: 'Olga', email: 'olga@acme.example' }, 201);
    const taken = { name: 'Otto', email: 'OLGA@acme.example' };
    await refused(putting('otto', taken), 'ALREADY_EXISTS', { field: 'email' });
    await stored('otto', { name: 'Otto' }, 201);
    await refused(putting('otto', taken), 'ALREADY_EXISTS', { field: 'email' });
  });

  it('keeps the last ADMIN', async () => {
    const adminId = world.admin['X-Operator-Id']!;
    await app.call('patch', `/operators/${adminId}`, world.admin).send({ externalId: 'ada' }).expect(200);
    await changesNothing(world, async () => {
      await refused(putting('ada', { name: 'Ada', role: 'MANAGER' }), 'LAST_ADMIN');
      await refused(putting('ada', { name: 'Ada', isActive: false }), 'LAST_ADMIN');
    });
    await stored('ada', { name: 'Ada' }, 200);
  });

  it('deactivates like a PATCH: conversations are queued again, keys are listed', async () => {
    const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
    const leaver = await world.operator({ role: 'ADMIN', externalId: 'leaver', inboxes: [inbox] });
    await app.call('post', '/api-keys', leaver.headers).send({ name: 'crm' }).expect(201);
    const held = await world.queued(inbox);
    expect((await world.conversation(held.id)).assignedOperatorId).toBe(leaver.id);
    const stays = await world.operator({ externalId: 'stays', inboxes: [inbox], maxLoad: 1 });
    const body = await stored('leaver', { name: leaver.name, isActive: false }, 200);
    expect(body).toMatchObject({ isActive: false, status: 'OFFLINE', createdApiKeys: [{ name: 'crm' }] });
    expect((await world.conversation(held.id)).assignedOperatorId).toBe(stays.id);
    const next = await world.queued(inbox);
    expect((await world.conversation(next.id)).assignedOperatorId).toBeNull();
    await stored('stays', { name: stays.name, maxLoad: 2 }, 200);
    expect((await world.conversation(next.id)).assignedOperatorId).toBe(stays.id);
  });

  it('reaches no operator of another tenant', async () => {
    const other = await World.create(app);
    const theirs = await other.operator({ externalId: 'otto' });
    await changesNothing(other, async () => {
      expect((await stored('otto', { name: 'Mine' }, 201)).id).not.toBe(theirs.id);
    });
  });

  it('has one effect with an Idempotency-Key', async () => {
    const put = () => putting('otto', { name: 'Otto' }, keyed(world.admin, 'put-1'));
    const first = await put().expect(201);
    await stored('otto', { name: 'Olga' }, 200);
    const again = await put().expect(201);
    expect(replayed(again)).toBe('true');
    expect(again.body).toEqual(first.body);
    expect((await listed()).find(({ externalId }) => externalId === 'otto')!.name).toBe('Olga');
  });
});

describe('the same externalId at once', () => {
  it.each([
    ['alone', () => world.admin],
    ['with an Idempotency-Key', () => keyed(world.admin, 'race')],
  ])('updates who was created while it waited, %s', async (_name, headers) => {
    const session = await app.database.session();
    await session.query('begin');
    await session.query(
      `insert into operators (tenant_id, id, name, role, external_id)
      values ($1, gen_random_uuid(), 'First', 'OPERATOR', 'otto')`,
      [world.tenantId],
    );
    const put = Promise.resolve(putting('otto', { name: 'Second', maxLoad: 7 }, headers()).expect(200));
    await sessionsWaiting(app.database, 1);
    await session.query('commit');
    expect((await put).body).toMatchObject({ name: 'Second', externalId: 'otto', maxLoad: 7 });
    expect(await listed()).toHaveLength(2);
  });

  it('makes one operator at two instances', async () => {
    const instances = await Instances.start(app.database.url);
    try {
      const rounds = 10;
      for (let round = 0; round < rounds; round++) {
        const path = `/operators/race-${round}`;
        const responses = await atOnce(6, (i) => instances.put(path, world.admin, { name: `Writer ${i}` }));
        expect(responses.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 201]);
      }
      const ids = (await listed()).map(({ externalId }) => externalId).filter((id) => id !== null);
      expect(ids.sort()).toEqual(Array.from({ length: rounds }, (_, round) => `race-${round}`).sort());
    } finally {
      await instances.stop();
    }
  });
});
