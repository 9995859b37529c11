import { randomUUID } from 'node:crypto';
import type { SubscriptionResponse } from '../src/subscriptions/subscription.js';
import { TestApplication, type Headers } from './support/application.js';
import { changesNothing } from './support/behind.js';
import { follow } from './support/pages.js';
import { invalid, refused } from './support/refused.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

async function setup() {
  const world = await World.create(app);
  const inbox = await world.inbox();
  const [olivia, oscar] = [await world.operator(), await world.operator()];
  const path = `/inboxes/${inbox.id}/operators`;
  const ask = (caller: Headers = world.admin) => ({
    list: () => app.call('get', path, caller),
    subscribe: (request: object) => app.call('post', path, caller).send(request),
    replace: (requests: unknown) => app.call('put', path, caller).send(requests as object),
    unsubscribe: (operatorId: string) => app.call('delete', `${path}/${operatorId}`, caller),
  });
  const weights = async () => {
    const all = await follow<SubscriptionResponse>(app, path, world.admin, { limit: 1 });
    return all.map(({ operatorId, weight }) => [operatorId, weight]);
  };
  return { world, inbox, olivia, oscar, path, ask, admin: ask(), weights };
}

describe('the operators of an inbox', () => {
  it('are subscribed with a weight, which may be 0 and is 1 by default', async () => {
    const { inbox, olivia, oscar, admin, weights } = await setup();
    const { body } = await admin.subscribe({ operatorId: olivia.id, weight: 0 }).expect(201);
    const { createdAt } = body as SubscriptionResponse;
    expect(body).toEqual({ inboxId: inbox.id, operatorId: olivia.id, weight: 0, maxLoad: null, createdAt });
    await admin.subscribe({ operatorId: oscar.id }).expect(201);
    expect(await weights()).toEqual([
      [olivia.id, 0],
      [oscar.id, 1],
    ]);
  });

  it('are subscribed once', async () => {
    const { world, olivia, admin } = await setup();
    await admin.subscribe({ operatorId: olivia.id, weight: 3 }).expect(201);
    const again = () => admin.subscribe({ operatorId: olivia.id, weight: 5 });
    await changesNothing(world, () => refused(again(), 'ALREADY_EXISTS', { field: 'operatorId' }));
  });

  it('lose the visibility of waiting conversations with their subscription', async () => {
    const { world, inbox, olivia, admin, weights } = await setup();
    await admin.subscribe({ operatorId: olivia.id }).expect(201);
    const { id } = await world.queued(inbox);
    await app.call('get', `/conversations/${id}`, olivia.headers).expect(200);

    await admin.unsubscribe(olivia.id).expect(204, '');

    expect(await weights()).toEqual([]);
    await refused(app.call('get', `/conversations/${id}`, olivia.headers), 'NOT_FOUND');
    await refused(admin.unsubscribe(olivia.id), 'NOT_FOUND');
  });

  it('are replaced as a whole list', async () => {
    const { world, olivia, oscar, admin, weights } = await setup();
    const third = await world.operator();
    await admin.subscribe({ operatorId: olivia.id, weight: 3 }).expect(201);
    await admin.subscribe({ operatorId: third.id, weight: 4 }).expect(201);

    const { body } = await admin
      .replace([{ operatorId: oscar.id }, { operatorId: olivia.id, weight: 7 }])
      .expect(200);

    expect(body).toMatchObject({ hasMore: false, nextCursor: null });
    expect((body as { data: object[] }).data).toMatchObject([
      { operatorId: olivia.id, weight: 7 },
      { operatorId: oscar.id, weight: 1 },
    ]);
    expect(await weights()).toEqual([
      [olivia.id, 7],
      [oscar.id, 1],
    ]);
    await admin.replace([]).expect(200);
    expect(await weights()).toEqual([]);
  });
});

describe('a list that replaces the subscriptions', () => {
  /** Inserts operators without the service. */
  async function manyOperators({ tenantId }: World, count: number): Promise<string[]> {
    const rows = await app.database.rows<{ id: string }>(
      `insert into operators (tenant_id, id, name, role)
      select $1, gen_random_uuid(), 'Operator ' || n, 'OPERATOR' from generate_series(1, $2::integer) n returning id`,
      [tenantId, count],
    );
    return rows.map(({ id }) => id);
  }

  it('has up to 1,000 operators, and the response has them all', async () => {
    const { world, olivia, admin } = await setup();
    await admin.subscribe({ operatorId: olivia.id }).expect(201);
    const ids = await manyOperators(world, 1_000);
    const { body } = await admin.replace(ids.map((operatorId) => ({ operatorId }))).expect(200);
    const { data, ...rest } = body as { data: SubscriptionResponse[] };
    expect(rest).toEqual({ hasMore: false, nextCursor: null });
    expect(data.map(({ operatorId }) => operatorId)).toEqual(ids.sort());
  });

  it('with more is refused and changes nothing', async () => {
    const { world, olivia, admin } = await setup();
    await admin.subscribe({ operatorId: olivia.id }).expect(201);
    const ids = await manyOperators(world, 1_001);
    await changesNothing(world, () =>
      invalid(admin.replace(ids.map((operatorId) => ({ operatorId }))), 'body'),
    );
    const unchecked = Array.from({ length: 20_000 }, () => ({ operatorId: 'x', weight: 'x' }));
    await changesNothing(world, () => invalid(admin.replace(unchecked), 'body'));
  });
});

describe('subscribing changes nothing', () => {
  it.each([-1, 0.5, '2', null, 1_000_001])('with the weight %p', async (weight) => {
    const { world, olivia, oscar, admin } = await setup();
    await admin.subscribe({ operatorId: oscar.id }).expect(201);
    await changesNothing(world, async () => {
      await invalid(admin.subscribe({ operatorId: olivia.id, weight }), 'weight');
      const list = [{ operatorId: olivia.id }, { operatorId: oscar.id, weight }];
      await invalid(admin.replace(list), '1.weight');
    });
  });

  it('with an unknown operator', async () => {
    const { world, olivia, admin } = await setup();
    const foreign = await (await World.create(app)).operator();
    await admin.subscribe({ operatorId: olivia.id }).expect(201);
    for (const operatorId of [randomUUID(), foreign.id]) {
      await changesNothing(world, async () => {
        await refused(admin.subscribe({ operatorId }), 'NOT_FOUND');
        await refused(admin.replace([{ operatorId: olivia.id, weight: 9 }, { operatorId }]), 'NOT_FOUND');
        await refused(admin.unsubscribe(operatorId), 'NOT_FOUND');
      });
    }
  });

  it('with an operator twice in the list, even in upper case', async () => {
    const { world, olivia, oscar, admin } = await setup();
    await admin.subscribe({ operatorId: oscar.id }).expect(201);
    await changesNothing(world, async () => {
      for (const twice of [olivia.id, olivia.id.toUpperCase()]) {
        const list = [{ operatorId: olivia.id }, { operatorId: twice }];
        await invalid(admin.replace(list), '1.operatorId');
      }
    });
  });

  it.each([
    ['an object', {}],
    ['a text', '"all"'],
    ['a list of texts', ['all']],
    ['a list of nothing', [null]],
    ['nothing', undefined],
    ['an unknown field', [{ operatorId: randomUUID(), share: 3 }]],
  ])('with %s instead of the list', async (_, list) => {
    const { world, oscar, admin } = await setup();
    await admin.subscribe({ operatorId: oscar.id }).expect(201);
    await changesNothing(world, () =>
      refused(admin.replace(list).set('Content-Type', 'application/json'), 'VALIDATION_FAILED'),
    );
  });

  it('in an unknown inbox', async () => {
    const { world, path } = await setup();
    const foreign = await World.create(app);
    const { id: operatorId } = await foreign.operator();
    await changesNothing(world, async () => {
      await refused(app.call('post', path, foreign.admin).send({ operatorId }), 'NOT_FOUND');
      await refused(app.call('put', path, foreign.admin).send([{ operatorId }]), 'NOT_FOUND');
      await refused(app.call('get', path, foreign.admin), 'NOT_FOUND');
      await refused(app.call('delete', `${path}/${operatorId}`, foreign.admin), 'NOT_FOUND');
    });
  });
});

describe('the rights over subscriptions', () => {
  it('are those of MANAGERs and ADMINs; an OPERATOR sees their own subscription', async () => {
    const { world, olivia, oscar, ask, admin } = await setup();
    const manager = await world.operator({ role: 'MANAGER' });
    await ask(manager.headers).subscribe({ operatorId: olivia.id, weight: 2 }).expect(201);
    await admin.subscribe({ operatorId: manager.id }).expect(201);

    const { body } = await ask(olivia.headers).list().expect(200);
    expect((body as { data: object[] }).data).toMatchObject([{ operatorId: olivia.id, weight: 2 }]);
    await refused(ask(oscar.headers).list(), 'NOT_FOUND');
    const seen = await ask(world.orchestrator).list().expect(200);
    expect((seen.body as { data: object[] }).data).toHaveLength(2);

    for (const caller of [olivia.headers, world.orchestrator]) {
      await refused(ask(caller).subscribe({ operatorId: oscar.id }), 'FORBIDDEN');
      await refused(ask(caller).replace([]), 'FORBIDDEN');
      await refused(ask(caller).unsubscribe(olivia.id), 'FORBIDDEN');
    }
  });
});
