import type { LabelResponse } from '../src/labels/label.js';
import { TestApplication } from './support/application.js';
import { define, defining, labelsOf } from './support/labelling.js';
import { follow, page } from './support/pages.js';
import { invalid, refused } from './support/refused.js';
import { SAME_NAMES } from './support/same-names.js';
import { World } from './support/world.js';

const NOWHERE = '019c8f00-0000-7000-8000-00000000dead';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const patching = (world: World, { id }: { id: string }, changes: object, caller = world.admin) =>
  app.call('patch', `/labels/${id}`, caller).send(changes);
const deleting = (world: World, { id }: { id: string }, caller = world.admin) =>
  app.call('delete', `/labels/${id}`, caller);
const listing = (inbox: { id: string }, caller: World['admin']) =>
  app.call('get', `/inboxes/${inbox.id}/labels`, caller);

describe('creating a label', () => {
  it('returns the whole label, and the list of its inbox has it', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();

    const label = await define(world, inbox, { name: 'Refund', color: '#d97706' });

    expect(label).toEqual({
      id: expect.any(String),
      tenantId: world.tenantId,
      inboxId: inbox.id,
      name: 'Refund',
      color: '#d97706',
      isAttaching: false,
      createdBy: world.admin['X-Operator-Id'],
      createdAt: expect.any(String),
      updatedAt: label.createdAt,
    });
    const { body } = await listing(inbox, world.admin).expect(200);
    expect(body).toEqual({ data: [label], nextCursor: null, hasMore: false });
  });

  it('needs no colour', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();

    expect(await define(world, inbox)).toMatchObject({ color: null });
    expect(await define(world, inbox, { color: null })).toMatchObject({ color: null });
  });

  it('refuses a name that another label of the inbox has', async () => {
    const world = await World.create(app);
    const [inbox, other] = [await world.inbox(), await world.inbox()];
    await define(world, inbox, { name: 'VIP' });

    await refused(defining(world, inbox, { name: 'VIP' }), 'ALREADY_EXISTS', { field: 'name' });
    await refused(defining(world, inbox, { name: 'VIP', attachToExisting: true }), 'ALREADY_EXISTS');

    await define(world, other, { name: 'VIP' });
  });

  it.each(SAME_NAMES)('takes %j and %j for the same name', async (name, same) => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    await define(world, inbox, { name });
    const other = await define(world, inbox);

    await refused(defining(world, inbox, { name: same }), 'ALREADY_EXISTS', { field: 'name' });
    await refused(patching(world, other, { name: same }), 'ALREADY_EXISTS', { field: 'name' });
  });

  it('shows a name as it was written, composed and without blanks around it', async () => {
    const world = await World.create(app);
    const label = await define(world, await world.inbox(), { name: '\u00a0Caf\u0065\u0301  Olé ' });

    expect(label.name).toBe('Café  Olé');
    await patching(world, label, { name: ' CAFÉ olé ' })
      .expect(200)
      .expect(({ body }) => expect(body).toMatchObject({ id: label.id, name: 'CAFÉ olé' }));
  });

  it('succeeds for one of several simultaneous requests with the same name', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    await world.queued(inbox);
    const ask = (attachToExisting: boolean) => defining(world, inbox, { name: 'VIP', attachToExisting });

    const responses = await Promise.all([ask(true), ask(false), ask(true), ask(false), ask(true)]);

    expect(responses.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
  });

  it.each([
    ['name', {}],
    ['name', { name: '' }],
    ['name', { name: ' \t\u00a0' }],
    ['name', { name: null }],
    ['name', { name: 7 }],
    ['name', { name: 'x'.repeat(256) }],
    ['name', { name: 'nul\0' }],
    ['color', { name: 'a', color: 'red' }],
    ['color', { name: 'a', color: '#fff' }],
    ['color', { name: 'a', color: '#d97706\n' }],
    ['color', { name: 'a', color: 0xd97706 }],
    ['attachToExisting', { name: 'a', attachToExisting: 'yes' }],
    ['attachToExisting', { name: 'a', attachToExisting: null }],
    ['inboxId', { name: 'a', inboxId: NOWHERE }],
  ])('refuses a wrong %s: %j', async (field, fields) => {
    const world = await World.create(app);
    await invalid(defining(world, await world.inbox(), fields), field);
  });

  it('with attachToExisting attaches it to the conversations of the inbox in every state, and to no later one', async () => {
    const world = await World.create(app);
    const [inbox, other] = [await world.inbox(), await world.inbox()];
    const holder = await world.operator({ inboxes: [inbox] });
    const existing = [
      await world.allocated(inbox, holder),
      await world.resolved(inbox),
      await world.queued(inbox),
    ];
    const elsewhere = await world.queued(other);

    const plain = await define(world, inbox, { attachToExisting: false });
    const label = await define(world, inbox, { attachToExisting: true });
    const later = await world.queued(inbox);

    expect(label).not.toHaveProperty('attachToExisting');
    for (const conversation of existing) expect(await labelsOf(world, conversation)).toEqual([label.id]);
    expect(await labelsOf(world, elsewhere)).toEqual([]);
    expect(await labelsOf(world, later)).toEqual([]);
    expect(await page(app, '/conversations', world.admin, { labelId: plain.id })).toMatchObject({ data: [] });
  });

  it('with attachToExisting works in an inbox without conversations', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const elsewhere = await world.queued(await world.inbox());

    const label = await define(world, inbox, { attachToExisting: true });

    const { body } = await listing(inbox, world.admin).expect(200);
    expect(body).toMatchObject({ data: [label] });
    expect(await labelsOf(world, elsewhere)).toEqual([]);
    expect(await labelsOf(world, await world.queued(inbox))).toEqual([]);
  });
});

describe('the list of an inbox', () => {
  it('is sorted by name, in pages', async () => {
    const world = await World.create(app);
    const [inbox, other] = [await world.inbox(), await world.inbox()];
    const names = ['delta', 'alpha', 'echo', 'charlie', 'bravo'];
    for (const name of names) await define(world, inbox, { name });
    await define(world, other, { name: 'foxtrot' });
    const path = `/inboxes/${inbox.id}/labels`;

    const all = await follow<LabelResponse>(app, path, world.orchestrator, { limit: 2 });

    expect(all.map(({ name }) => name)).toEqual(names.toSorted());
    const { nextCursor } = await page(app, path, world.admin, { limit: 2 });
    const elsewhere = `/inboxes/${other.id}/labels`;
    await refused(app.call('get', elsewhere, world.admin).query({ cursor: nextCursor }), 'INVALID_CURSOR');
    await refused(app.call('get', path, world.admin).query({ cursor: 'bm9wZQ' }), 'INVALID_CURSOR');
    await invalid(app.call('get', path, world.admin).query({ limit: 101 }), 'limit');
  });

  it('is for all roles, and for OPERATORs in inboxes from which they may take', async () => {
    const world = await World.create(app);
    const [mine, other] = [await world.inbox(), await world.inbox()];
    const operator = await world.operator({ inboxes: [mine] });
    const manager = await world.operator({ role: 'MANAGER' });

    const [ofMine, ofOther] = [await define(world, mine), await define(world, other)];
    for (const caller of [world.admin, world.orchestrator, manager.headers]) {
      expect((await listing(other, caller).expect(200)).body).toMatchObject({ data: [ofOther] });
    }
    expect((await listing(mine, operator.headers).expect(200)).body).toMatchObject({ data: [ofMine] });
    await refused(listing(other, operator.headers), 'NOT_FOUND');
    await refused(listing({ id: NOWHERE }, world.admin), 'NOT_FOUND');
  });

  it('is for OPERATORs in every inbox with autoSubscribe', async () => {
    const world = await World.create(app, { autoSubscribe: true });
    const operator = await world.operator();
    const inbox = await world.inbox();
    const label = await define(world, inbox);

    const { body } = await listing(inbox, operator.headers).expect(200);
    expect(body).toMatchObject({ data: [label] });
  });
});

describe('changing a label', () => {
  it('changes the name alone, and sets or clears the colour alone', async () => {
    const world = await World.create(app);
    const label = await define(world, await world.inbox(), { name: 'Old', color: '#000000' });

    const renamed = await patching(world, label, { name: 'New' }).expect(200);
    const recoloured = await patching(world, label, { color: '#FFffFF' }).expect(200);
    const cleared = await patching(world, label, { color: null }).expect(200);

    expect(renamed.body).toMatchObject({ ...label, name: 'New', updatedAt: expect.any(String) });
    expect(recoloured.body).toMatchObject({ name: 'New', color: '#FFffFF' });
    expect(cleared.body).toMatchObject({ name: 'New', color: null });
    expect(cleared.body.updatedAt > label.updatedAt).toBe(true);
  });

  it('refuses a name of another label of the inbox and accepts its own', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    await define(world, inbox, { name: 'Taken' });
    const label = await define(world, inbox, { name: 'Mine' });

    await refused(patching(world, label, { name: 'Taken' }), 'ALREADY_EXISTS', { field: 'name' });
    await patching(world, label, { name: 'Mine' }).expect(200);
  });

  it.each([
    ['name', { name: null }],
    ['name', { name: '  ' }],
    ['color', { color: '' }],
    ['inboxId', { inboxId: NOWHERE }],
    ['attachToExisting', { attachToExisting: true }],
  ])('refuses a wrong %s: %j', async (field, changes) => {
    const world = await World.create(app);
    await invalid(patching(world, await define(world, await world.inbox()), changes), field);
  });

  it('is 404 for an unknown label', async () => {
    const world = await World.create(app);
    await refused(patching(world, { id: NOWHERE }, { name: 'a' }), 'NOT_FOUND');
    await invalid(patching(world, { id: 'nonsense' }, { name: 'a' }), 'id');
  });
});

describe('deleting a label', () => {
  it('detaches it from every conversation', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const conversations = [await world.queued(inbox), await world.resolved(inbox)];
    const label = await define(world, inbox, { attachToExisting: true });
    const other = await define(world, inbox, { attachToExisting: true });

    const { body } = await deleting(world, label).expect(204);

    expect(body).toEqual({});
    for (const conversation of conversations) expect(await labelsOf(world, conversation)).toEqual([other.id]);
    await refused(deleting(world, label), 'NOT_FOUND');
  });
});

describe('who may create labels', () => {
  it('is only an ADMIN', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const label = await define(world, inbox);
    const operator = await world.operator({ inboxes: [inbox] });
    const manager = await world.operator({ role: 'MANAGER', inboxes: [inbox] });

    for (const caller of [operator.headers, manager.headers, world.orchestrator]) {
      await refused(defining(world, inbox, { name: 'a' }, caller), 'FORBIDDEN');
      await refused(patching(world, label, { name: 'a' }, caller), 'FORBIDDEN');
      await refused(deleting(world, label, caller), 'FORBIDDEN');
    }
  });

  it('is a caller of the tenant; for another tenant the inbox and the label are 404', async () => {
    const [world, foreign] = [await World.create(app), await World.create(app)];
    const inbox = await foreign.inbox();
    const label = await define(foreign, inbox, { name: 'Theirs' });

    await refused(listing(inbox, world.admin), 'NOT_FOUND');
    await refused(listing(inbox, world.orchestrator), 'NOT_FOUND');
    await refused(defining(world, inbox, { name: 'a' }), 'NOT_FOUND');
    await refused(defining(world, inbox, { name: 'a', attachToExisting: true }), 'NOT_FOUND');
    await refused(patching(world, label, { name: 'a' }), 'NOT_FOUND');
    await refused(deleting(world, label), 'NOT_FOUND');

    expect(await page(app, `/inboxes/${inbox.id}/labels`, foreign.admin)).toMatchObject({ data: [label] });
  });
});
