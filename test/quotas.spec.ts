import type { Response } from 'supertest';
import { TestApplication } from './support/application.js';
import { sessionsWaiting, whileHolding } from './support/faults/locks.js';
import { messageTo, report } from './support/messages.js';
import { refused } from './support/refused.js';
import { Scrape } from './support/scrape.js';
import { World } from './support/world.js';

/** Low limits, on the same database as a service with the usual ones. */
const LIMITS = {
  QUOTA_API_KEYS: '3',
  QUOTA_WEBHOOKS: '3',
  QUOTA_OPERATORS: '3',
  QUOTA_INBOXES: '3',
  QUOTA_SUBSCRIPTIONS: '3',
  QUOTA_LABELS: '3',
  WEBHOOK_ALLOW_PRIVATE_TARGETS: 'yes',
};
const LIMIT = 3;

let usual: TestApplication;
let app: TestApplication;
beforeAll(async () => {
  usual = await TestApplication.start();
  app = await usual.another(LIMITS);
});
afterAll(async () => {
  await app.stop();
  await usual.stop();
});

/** How a tenant adds a thing, and how it makes room for another one. */
interface Thing {
  table: string;
  what: string;
  /** How many a new tenant of the test has. */
  atFirst: number;
  add: (world: World) => PromiseLike<Response>;
  remove: (world: World, id: string) => PromiseLike<Response>;
}

let made = 0;
const name = () => `Thing ${++made}`;
/** The first inbox of a tenant, which the usual service makes. */
const inboxes = new Map<string, string>();
async function inboxOf(world: World): Promise<string> {
  const known = inboxes.get(world.tenantId) ?? (await world.inbox()).id;
  inboxes.set(world.tenantId, known);
  return known;
}

const THINGS: Record<string, Thing> = {
  apiKeys: {
    table: 'api_keys',
    what: 'API keys',
    atFirst: 0,
    add: ({ admin }) => app.call('post', '/api-keys', admin).send({ name: name() }),
    remove: ({ admin }, id) => app.call('delete', `/api-keys/${id}`, admin),
  },
  webhooks: {
    table: 'webhooks',
    what: 'webhooks',
    atFirst: 0,
    add: ({ admin }) => app.call('post', '/webhooks', admin).send({ url: `http://127.0.0.1:9/${++made}` }),
    remove: ({ admin }, id) => app.call('delete', `/webhooks/${id}`, admin),
  },
  operators: {
    table: 'operators',
    what: 'active operators',
    atFirst: 1,
    add: ({ admin }) => app.call('post', '/operators', admin).send({ name: name() }),
    remove: ({ admin }, id) => app.call('patch', `/operators/${id}`, admin).send({ isActive: false }),
  },
  inboxes: {
    table: 'inboxes',
    what: 'active inboxes',
    atFirst: 0,
    add: ({ admin }) => app.call('post', '/inboxes', admin).send({ name: name() }),
    remove: async ({ tenantId, admin }, id) => {
      // No route deletes an inbox.
      await usual.database.rows('delete from inboxes where tenant_id = $1 and id = $2', [tenantId, id]);
      return app.call('get', '/tenant', admin);
    },
  },
  subscriptions: {
    table: 'subscriptions',
    what: 'subscriptions',
    atFirst: 0,
    add: async (world) => {
      const inboxId = await inboxOf(world);
      const { id } = await world.operator({ status: 'OFFLINE' });
      return app.call('post', `/inboxes/${inboxId}/operators`, world.admin).send({ operatorId: id });
    },
    remove: async (world, operatorId) =>
      app.call('delete', `/inboxes/${await inboxOf(world)}/operators/${operatorId}`, world.admin),
  },
  labels: {
    table: 'labels',
    what: 'labels',
    atFirst: 0,
    add: async (world) =>
      app.call('post', `/inboxes/${await inboxOf(world)}/labels`, world.admin).send({ name: name() }),
    remove: ({ admin }, id) => app.call('delete', `/labels/${id}`, admin),
  },
};

const each = Object.entries(THINGS);

async function stored(world: World, table: string): Promise<number> {
  const [row] = await usual.database.rows<{ count: number }>(
    `select count(*)::int as count from ${table} where tenant_id = $1`,
    [world.tenantId],
  );
  return row!.count;
}

/** A tenant of the usual service that has all but `left` of what it can have. */
async function tenantWith({ atFirst, add }: Thing, left: number) {
  const world = await World.create(usual);
  const ids: string[] = [];
  for (let i = atFirst; i < LIMIT - left; i++) {
    const { status, body } = await add(world);
    expect(status).toBe(201);
    const { id, operatorId } = body as { id?: string; operatorId?: string };
    ids.push(id ?? operatorId!);
  }
  return { world, ids };
}

const full = { status: 409, body: { code: 'QUOTA_EXCEEDED', limit: LIMIT } };

describe('a tenant that fills the database', () => {
  it.each(each)('is refused one more than the quota of %s, until it makes room', async (_quota, thing) => {
    const { world, ids } = await tenantWith(thing, 0);
    const before = await stored(world, thing.table);
    const response = await thing.add(world);
    expect(response).toMatchObject(full);
    expect(response.body).toMatchObject({ detail: `A tenant can have at most ${LIMIT} ${thing.what}.` });
    expect(await stored(world, thing.table)).toBe(before);

    expect((await thing.remove(world, ids[0]!)).status).toBeLessThan(300);
    expect((await thing.add(world)).status).toBe(201);
    expect(await thing.add(world)).toMatchObject(full);
  });

  it.each(each)('adds no more than its quota of %s with ten requests at once', async (_quota, thing) => {
    const { world } = await tenantWith(thing, 1);
    const before = await stored(world, thing.table);
    const responses = await Promise.all(Array.from({ length: 10 }, () => thing.add(world)));
    expect(responses.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(9).fill(409)]);
    expect(await stored(world, thing.table)).toBe(before + 1);
  });

  it.each(each)('leaves the %s of other tenants alone', async (_quota, thing) => {
    const { world } = await tenantWith(thing, 0);
    expect(await thing.add(world)).toMatchObject(full);
    const { world: other } = await tenantWith(thing, 1);
    expect((await thing.add(other)).status).toBe(201);
  });
});

describe('the quota of subscriptions', () => {
  /** Subscribed operators of the inbox, and one more operator. */
  async function subscribed(count: number) {
    const world = await World.create(usual);
    const inbox = await world.inbox();
    const operators = [];
    for (let i = 0; i < count; i++) operators.push(await world.operator({ inboxes: [inbox] }));
    const more = await world.operator();
    const replace = (ids: string[]) =>
      app
        .call('put', `/inboxes/${inbox.id}/operators`, world.admin)
        .send(ids.map((operatorId) => ({ operatorId })));
    return { world, inbox, ids: operators.map(({ id }) => id), more, replace };
  }

  it('applies to lists', async () => {
    const { world, ids, more, replace } = await subscribed(3);
    await refused(replace([...ids, more.id]), 'QUOTA_EXCEEDED');
    expect(await stored(world, 'subscriptions')).toBe(3);
    await replace([...ids.slice(1), more.id]).expect(200);
    expect(await stored(world, 'subscriptions')).toBe(3);
  });

  it('applies to a list and a single subscription at once', async () => {
    const { world, ids, more, replace } = await subscribed(2);
    const other = await world.inbox();
    const single = app
      .call('post', `/inboxes/${other.id}/operators`, world.admin)
      .send({ operatorId: ids[0] });
    const responses = await Promise.all([single, replace([...ids, more.id])]);
    expect(responses.map(({ status }) => status).filter((status) => status === 409)).toHaveLength(1);
    expect(await stored(world, 'subscriptions')).toBe(3);
  });

  it('lets a tenant that has more since it was lowered shrink and change its lists', async () => {
    const { world, ids, replace } = await subscribed(6);
    await replace(ids.slice(1)).expect(200);
    await replace(ids.slice(1)).expect(200);
    expect(await stored(world, 'subscriptions')).toBe(5);
    await refused(replace(ids), 'QUOTA_EXCEEDED');
  });

  it('never stops an allocation: autoSubscribe goes on, and counts', async () => {
    const { world, more } = await subscribed(3);
    await world.change({ autoSubscribe: true });
    const other = await world.inbox();
    await report(world, messageTo(other));
    const { body } = await app.call('post', '/allocation/allocate', more.headers).send({}).expect(200);
    expect((body as { conversation: { inboxId: string } }).conversation.inboxId).toBe(other.id);
    expect(await stored(world, 'subscriptions')).toBe(4);
    const one = { operatorId: (await world.operator()).id };
    await refused(
      app.call('post', `/inboxes/${other.id}/operators`, world.admin).send(one),
      'QUOTA_EXCEEDED',
    );
  });
});

describe('the quota of operators', () => {
  it('counts who is active, also somebody who comes back', async () => {
    const { world, ids } = await tenantWith(THINGS['operators']!, 0);
    const set = (isActive: boolean) =>
      app.call('patch', `/operators/${ids[0]}`, world.admin).send({ isActive });
    await set(false).expect(200);
    await app.call('post', '/operators', world.admin).send({ name: 'Nora', isActive: false }).expect(201);
    await app.call('post', '/operators', world.admin).send({ name: 'Nils' }).expect(201);
    await refused(set(true), 'QUOTA_EXCEEDED');
    await app.call('patch', `/operators/${ids[1]}`, world.admin).send({ name: 'Nadja' }).expect(200);
  });
});

it('a request that waits for its quota holds up nobody of another tenant', async () => {
  const [world, other] = [await World.create(usual), await World.create(usual)];
  const add = ({ admin }: World) => app.call('post', '/inboxes', admin).send({ name: name() });
  let waiting: Promise<{ status: number }> = Promise.resolve({ status: 0 });
  await whileHolding(usual.database, `select lock_quota($1, 'inboxes')`, world.tenantId, async () => {
    waiting = add(world).then(({ status }) => ({ status }));
    await sessionsWaiting(usual.database, 1);
    await add(other).expect(201);
  });
  expect(await waiting).toEqual({ status: 201 });
});

it('refusals are counted by quota', async () => {
  const { world } = await tenantWith(THINGS['inboxes']!, 0);
  const value = async () => (await Scrape.of(app)).value('inbox_quota_refusals_total', { quota: 'inboxes' })!;
  const before = await value();
  await refused(app.call('post', '/inboxes', world.admin).send({ name: name() }), 'QUOTA_EXCEEDED');
  expect(await value()).toBe(before + 1);
});
