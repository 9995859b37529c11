import { randomUUID } from 'node:crypto';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { changesNothing } from './support/behind.js';
import { follow, page } from './support/pages.js';
import { invalid, refused } from './support/refused.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

describe('inboxes', () => {
  const changing = (world: World, id: string, fields: object) =>
    app.call('patch', `/inboxes/${id}`, world.admin).send(fields);

  it('are created, read, changed and listed', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox({
      name: 'Support',
      phoneNumber: '+49 30 90-18 20',
      description: 'Orders',
    });
    expect(inbox).toMatchObject({
      tenantId: world.tenantId,
      name: 'Support',
      phoneNumber: '+4930901820',
      description: 'Orders',
      distribution: 'PULL',
    });
    expect((await app.call('get', `/inboxes/${inbox.id}`, world.orchestrator).expect(200)).body).toEqual(
      inbox,
    );

    const { body } = await changing(world, inbox.id, { name: 'Sales', distribution: 'ROUND_ROBIN' }).expect(
      200,
    );
    const { updatedAt } = body as InboxResponse;
    expect(body).toEqual({ ...inbox, name: 'Sales', distribution: 'ROUND_ROBIN', updatedAt });
    const others = [await world.inbox(), await world.inbox()];
    expect(await follow<InboxResponse>(app, '/inboxes', world.admin, { limit: 1 })).toEqual([
      body,
      ...others,
    ]);
  });

  it('lose fields that are null and keep fields that are absent', async () => {
    const world = await World.create(app);
    const { id } = await world.inbox({ phoneNumber: '+4930901820', description: 'Orders' });
    const { body } = await changing(world, id, { description: null }).expect(200);
    expect(body).toMatchObject({ phoneNumber: '+4930901820', description: null });
    expect((await changing(world, id, { phoneNumber: null }).expect(200)).body).toMatchObject({
      phoneNumber: null,
    });
    await world.inbox({ phoneNumber: '+4930901820' });
  });

  it('have a unique phone number in the tenant, in any notation', async () => {
    const world = await World.create(app);
    await world.inbox({ phoneNumber: '+4930901820' });
    const { id } = await world.inbox();
    const phoneNumber = '+49 (30) 901820';
    const members = { field: 'phoneNumber' };
    await changesNothing(world, async () => {
      const second = app.call('post', '/inboxes', world.admin).send({ name: 'Second', phoneNumber });
      await refused(second, 'ALREADY_EXISTS', members);
      await refused(changing(world, id, { phoneNumber }), 'ALREADY_EXISTS', members);
    });
    await (await World.create(app)).inbox({ phoneNumber });
  });

  it.each([
    { name: '' },
    { name: null },
    { name: 5 },
    { name: 'x'.repeat(256) },
    { phoneNumber: '030 901820' },
    { description: '' },
    { distribution: 'RANDOM' },
    { distribution: null },
    { waitTargetSeconds: 0 },
    { waitTargetSeconds: 2_592_001 },
    { waitTargetSeconds: '60' },
    { id: randomUUID() },
    { tenantId: randomUUID() },
    { createdAt: '2020-01-01T00:00:00Z' },
  ])('are neither created nor changed with %j', async (wrong) => {
    const world = await World.create(app);
    const { id } = await world.inbox();
    await changesNothing(world, async () => {
      const opening = app.call('post', '/inboxes', world.admin).send({ name: 'New', ...wrong });
      await invalid(opening, ...Object.keys(wrong));
      await invalid(changing(world, id, wrong), ...Object.keys(wrong));
    });
  });

  it('are changed by the ADMIN; OPERATORs see those they are subscribed to', async () => {
    const world = await World.create(app);
    const [inbox, other] = [await world.inbox(), await world.inbox()];
    const operator = await world.operator({ inboxes: [inbox] });
    const manager = await world.operator({ role: 'MANAGER' });
    for (const { headers } of [operator, manager]) {
      await refused(app.call('post', '/inboxes', headers).send({ name: 'New' }), 'FORBIDDEN');
      await refused(app.call('patch', `/inboxes/${inbox.id}`, headers).send({}), 'FORBIDDEN');
    }
    expect((await page<InboxResponse>(app, '/inboxes', operator.headers)).data).toEqual([inbox]);
    expect((await page<InboxResponse>(app, '/inboxes', manager.headers)).data).toEqual([inbox, other]);
    await refused(app.call('get', `/inboxes/${other.id}`, operator.headers), 'NOT_FOUND');
    const foreign = await World.create(app);
    await refused(app.call('get', `/inboxes/${inbox.id}`, foreign.admin), 'NOT_FOUND');
    await refused(changing(foreign, inbox.id, { name: 'Ours' }), 'NOT_FOUND');
  });
});
