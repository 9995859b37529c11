import { randomUUID } from 'node:crypto';
import type { StatusResponse } from '../src/operators/status.js';
import type { OperatorResponse } from '../src/operators/operator.js';
import { TestApplication, type Headers } from './support/application.js';
import { changesNothing, ledgerOf } from './support/behind.js';
import { follow } from './support/pages.js';
import { invalid, refused } from './support/refused.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const adding = (world: World, fields: object) =>
  app.call('post', '/operators', world.admin).send({ name: 'Olivia', role: 'OPERATOR', ...fields });
const changing = (world: World, id: string, fields: object) =>
  app.call('patch', `/operators/${id}`, world.admin).send(fields);
const statusOf = (id: string, caller: Headers) => app.call('get', `/operators/${id}/status`, caller);
const settingStatus = (id: string, caller: Headers, status: unknown) =>
  app.call('put', `/operators/${id}/status`, caller).send({ status });

describe('operators', () => {
  it('are created, read, changed and listed', async () => {
    const world = await World.create(app);
    const email = 'olivia@acme.example';
    const { body } = await adding(world, { email, maxLoad: 3 }).expect(201);
    const olivia = body as OperatorResponse;
    expect(olivia).toMatchObject({
      tenantId: world.tenantId,
      name: 'Olivia',
      email,
      role: 'OPERATOR',
      maxLoad: 3,
      isActive: true,
      status: 'OFFLINE',
    });
    const path = `/operators/${olivia.id}`;
    expect((await app.call('get', path, world.orchestrator).expect(200)).body).toEqual(olivia);

    const changed = (await changing(world, olivia.id, { role: 'MANAGER', maxLoad: null }).expect(200))
      .body as OperatorResponse;
    expect(changed).toEqual({ ...olivia, role: 'MANAGER', maxLoad: null, updatedAt: changed.updatedAt });
    const listed = await follow<OperatorResponse>(app, '/operators', world.admin, { limit: 1 });
    expect(listed.map(({ role }) => role)).toEqual(['ADMIN', 'MANAGER']);
    expect(listed[1]).toEqual(changed);
  });

  it('need only a name; they are active OPERATORs with the defaultMaxLoad', async () => {
    const world = await World.create(app, { defaultMaxLoad: 7 });
    const add = (fields: object) => app.call('post', '/operators', world.admin).send(fields);
    expect((await add({ name: 'Olivia' }).expect(201)).body).toMatchObject({
      name: 'Olivia',
      email: null,
      role: 'OPERATOR',
      maxLoad: 7,
      isActive: true,
      status: 'OFFLINE',
    });
  });

  it('may be created inactive', async () => {
    const world = await World.create(app);
    expect((await adding(world, { isActive: false }).expect(201)).body).toMatchObject({ isActive: false });
  });

  it('have unique e-mail addresses in a tenant, regardless of notation', async () => {
    const world = await World.create(app);
    await adding(world, { email: 'olivia@acme.example' }).expect(201);
    const other = await world.operator();
    await changesNothing(world, async () => {
      for (const email of ['olivia@acme.example', 'Olivia@ACME.example']) {
        await refused(adding(world, { email }), 'ALREADY_EXISTS', { field: 'email' });
        await refused(changing(world, other.id, { email }), 'ALREADY_EXISTS', { field: 'email' });
      }
    });
    await adding(await World.create(app), { email: 'olivia@acme.example' }).expect(201);
  });

  it('release their e-mail address when it changes', async () => {
    const world = await World.create(app);
    const { body } = await adding(world, { email: 'olivia@acme.example' }).expect(201);
    await changing(world, (body as OperatorResponse).id, { email: null }).expect(200);
    await adding(world, { email: 'olivia@acme.example' }).expect(201);
    await adding(world, { email: null }).expect(201);
  });

  it.each([
    ['the default of the tenant when not given', {}, 4],
    ['no limit when null', { maxLoad: null }, null],
    ['their own', { maxLoad: 2 }, 2],
  ])('get as maxLoad %s', async (_, fields, maxLoad) => {
    const world = await World.create(app, { defaultMaxLoad: 4 });
    expect((await adding(world, fields).expect(201)).body).toMatchObject({ maxLoad });
  });

  it.each([
    { name: '' },
    { name: null },
    { role: 'BOSS' },
    { role: null },
    { email: 'olivia' },
    { maxLoad: 0 },
    { maxLoad: 1.5 },
    { maxLoad: '3' },
    { isActive: null },
    { isActive: 'no' },
    { status: 'AVAILABLE' },
    { tenantId: randomUUID() },
  ])('are neither created nor changed with %j', async (wrong) => {
    const world = await World.create(app);
    const { id } = await world.operator();
    await changesNothing(world, async () => {
      await invalid(adding(world, wrong), ...Object.keys(wrong));
      await invalid(changing(world, id, wrong), ...Object.keys(wrong));
    });
  });

  it('do not change with an empty change', async () => {
    const world = await World.create(app);
    const { id, headers } = await world.operator();
    const { body: before } = await app.call('get', `/operators/${id}`, headers).expect(200);
    const { body } = await changing(world, id, {}).expect(200);
    const { updatedAt } = body as OperatorResponse;
    expect(body).toEqual({ ...(before as OperatorResponse), updatedAt });
    await app.call('patch', `/operators/${id}`, world.admin).expect(200);
  });

  it('are visible to an OPERATOR only themselves, and only an ADMIN changes them', async () => {
    const world = await World.create(app);
    const [olivia, oscar] = [await world.operator(), await world.operator()];
    const manager = await world.operator({ role: 'MANAGER' });
    const read = (id: string, headers: Headers) => app.call('get', `/operators/${id}`, headers);

    await read(olivia.id, olivia.headers).expect(200);
    await refused(read(oscar.id, olivia.headers), 'FORBIDDEN');
    await refused(app.call('get', '/operators', olivia.headers), 'FORBIDDEN');
    for (const { headers } of [olivia, manager]) {
      await refused(app.call('post', '/operators', headers).send({}), 'FORBIDDEN');
      await refused(app.call('patch', `/operators/${olivia.id}`, headers).send({}), 'FORBIDDEN');
    }
    await read(oscar.id, manager.headers).expect(200);
    await refused(read(randomUUID(), manager.headers), 'NOT_FOUND');
    await refused(read(olivia.id, (await World.create(app)).admin), 'NOT_FOUND');
    await refused(changing(world, randomUUID(), { name: 'Nobody' }), 'NOT_FOUND');
  });
});

describe('the status of an operator', () => {
  it('is OFFLINE at first and then the last one set, with its time', async () => {
    const world = await World.create(app);
    const { id, headers, lastStatusChangeAt } = await world.operator({ status: 'OFFLINE' });
    const at = { operatorId: id, reason: null, lastStatusChangeAt, gracePeriods: [], hasMore: false };
    expect((await statusOf(id, headers).expect(200)).body).toEqual({ ...at, status: 'OFFLINE' });

    const { body } = await settingStatus(id, headers, 'AVAILABLE').expect(200);
    const available = body as StatusResponse;
    expect(available).toMatchObject({ operatorId: id, status: 'AVAILABLE', gracePeriods: [] });
    expect(available.lastStatusChangeAt > lastStatusChangeAt).toBe(true);
    expect((await statusOf(id, world.orchestrator).expect(200)).body).toEqual(available);
  });

  it('is in the ledger with the caller who set it', async () => {
    const world = await World.create(app);
    const { id, headers } = await world.operator({ status: 'OFFLINE' });
    const manager = await world.operator({ role: 'MANAGER', status: 'OFFLINE' });
    await settingStatus(id, headers, 'AVAILABLE').expect(200);
    await settingStatus(id, manager.headers, 'OFFLINE').expect(200);
    expect(await entriesOf(world, id)).toEqual([
      {
        type: 'operator.available',
        actor_type: 'OPERATOR',
        actor_id: id,
        reason: 'The operator set the status to AVAILABLE',
      },
      {
        type: 'operator.offline',
        actor_type: 'OPERATOR',
        actor_id: manager.id,
        reason: 'A colleague set the status to OFFLINE',
      },
    ]);
  });

  it('does not change when it is set again, not even its time', async () => {
    const world = await World.create(app);
    const { id, headers } = await world.operator();
    await changesNothing(world, () => settingStatus(id, headers, 'AVAILABLE').expect(200));
  });

  it.each(['BUSY', null, undefined, 1])('cannot be %p', async (status) => {
    const world = await World.create(app);
    const { id, headers } = await world.operator();
    await changesNothing(world, () => invalid(settingStatus(id, headers, status), 'status'));
  });

  it('can be set by OPERATORs only for themselves', async () => {
    const world = await World.create(app);
    const [olivia, oscar] = [await world.operator(), await world.operator()];
    await changesNothing(world, async () => {
      await refused(settingStatus(oscar.id, olivia.headers, 'OFFLINE'), 'FORBIDDEN');
      await refused(statusOf(oscar.id, olivia.headers), 'FORBIDDEN');
      await refused(settingStatus(oscar.id, world.orchestrator, 'OFFLINE'), 'FORBIDDEN');
      await refused(settingStatus(randomUUID(), world.admin, 'OFFLINE'), 'NOT_FOUND');
      await refused(settingStatus(oscar.id, (await World.create(app)).admin, 'OFFLINE'), 'NOT_FOUND');
    });
  });

  it('stays OFFLINE after a deactivation', async () => {
    const world = await World.create(app);
    const { id, headers } = await world.operator();
    await changing(world, id, { isActive: false }).expect(200);
    await changesNothing(world, async () => {
      // For others they are not there any more; OPERATOR_INACTIVE is about the caller.
      await refused(settingStatus(id, world.admin, 'AVAILABLE'), 'NOT_FOUND');
      await refused(settingStatus(id, world.admin, 'OFFLINE'), 'NOT_FOUND');
      await refused(settingStatus(id, headers, 'AVAILABLE'), 'OPERATOR_INACTIVE');
    });
    expect((await statusOf(id, world.admin).expect(200)).body).toMatchObject({ status: 'OFFLINE' });
  });
});

describe('a deactivated operator', () => {
  it('is OFFLINE, and their conversations are re-queued with their age', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const leaver = await world.operator({ inboxes: [inbox] });
    const colleague = await world.operator({ inboxes: [inbox] });
    const kept = await world.allocated(inbox, colleague, { minutesAgo: 5 });
    const held = [
      await world.allocated(inbox, leaver, { minutesAgo: 200, messages: 2 }),
      await world.allocated(inbox, leaver, { minutesAgo: 100 }),
    ];

    const { body } = await changing(world, leaver.id, { isActive: false }).expect(200);

    expect(body).toMatchObject({ isActive: false, status: 'OFFLINE' });
    expect((await entriesOf(world, leaver.id)).at(-1)).toMatchObject({ type: 'operator.offline' });
    for (const { id, lastMessageAt, waitingSince, messageCount } of held) {
      expect(await world.conversation(id)).toMatchObject({
        state: 'QUEUED',
        assignedOperatorId: null,
        version: 3,
        lastMessageAt,
        waitingSince,
        messageCount,
      });
      expect((await ledgerOf(world, id)).slice(2)).toMatchObject([
        {
          type: 'conversation.released',
          version: 3,
          actor: { type: 'SYSTEM', id: null },
          reason: 'The operator was deactivated',
          from: { state: 'ALLOCATED', operatorId: leaver.id, inboxId: inbox.id },
          to: { state: 'QUEUED', operatorId: null, inboxId: inbox.id },
        },
      ]);
    }
    expect(await world.conversation(kept.id)).toEqual(kept);
    await world.queued(inbox, { minutesAgo: 50 });
    expect((await world.allocate(colleague))?.id).toBe(held[0]!.id);
    expect((await world.allocate(colleague))?.id).toBe(held[1]!.id);
  });

  it('may not call until they are active again', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const { id, headers } = await world.operator({ inboxes: [inbox] });
    await changing(world, id, { isActive: false }).expect(200);
    await refused(app.call('get', '/tenant', headers), 'OPERATOR_INACTIVE');
    await refused(app.call('post', '/allocation/allocate', headers).send({}), 'OPERATOR_INACTIVE');

    await changing(world, id, { isActive: true }).expect(200);
    expect((await statusOf(id, headers).expect(200)).body).toMatchObject({ status: 'OFFLINE' });
  });

  it('gets no entry in the ledger for the second deactivation', async () => {
    const world = await World.create(app);
    const { id } = await world.operator();
    await changing(world, id, { isActive: false }).expect(200);
    const before = await entriesOf(world, id);
    await changing(world, id, { isActive: false }).expect(200);
    expect(await entriesOf(world, id)).toEqual(before);
  });
});

/** The ledger entries of an operator's changes of status. */
function entriesOf({ tenantId }: World, operatorId: string): Promise<object[]> {
  return app.database.rows(
    `select type, actor_type, actor_id, reason from conversation_events
     where tenant_id = $1 and conversation_id is null and to_operator_id = $2 order by occurred_at`,
    [tenantId, operatorId],
  );
}
