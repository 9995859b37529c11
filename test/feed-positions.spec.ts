import { ActivityFold } from '../src/stats/activity-fold.js';
import { TestApplication } from './support/application.js';
import { hook, deliverUntil, opened, REACHABLE } from './support/hooked.js';
import { expectInvariants } from './support/invariants.js';
import { insertEntry } from './support/ledger-entries.js';
import { Receiver } from './support/receiver.js';
import { StreamReader } from './support/stream-reader.js';
import { World } from './support/world.js';

let app: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start({ ...REACHABLE, STREAM_POLL_INTERVAL_MS: '20' });
});
beforeEach(async () => {
  world = await World.create(app);
});
afterAll(() => app.stop());

interface Place {
  position: string;
  conversation_id: string | null;
  version: number | null;
  reason: string;
}

/** The feed as it stands, in its order. */
const feed = () =>
  app.database.rows<Place>(
    `select p.position::text as position, e.conversation_id, e.version, e.reason
    from feed_positions p
    join conversation_events e on e.tenant_id = p.tenant_id and e.id = p.event_id
    where p.tenant_id = $1
    order by p.position`,
    [world.tenantId],
  );

async function assign(most: number): Promise<number> {
  const [row] = await app.database.rows<{ assigned: number }>(
    'select assign_feed_positions($1, $2) as assigned',
    [world.tenantId, most],
  );
  return row!.assigned;
}

describe('an open transaction', () => {
  it('delays no entry of others for any reader, and no reader skips its own entries', async () => {
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const receiver = await Receiver.start();
    const { secret } = await hook(world, receiver.url);
    const stream = await StreamReader.open(app.url, world.admin);
    const heard = () => receiver.received.map((request) => opened(secret, request).data.reason);
    const slow = await app.database.session();
    try {
      await slow.query('begin');
      await insertEntry(slow, world.tenantId, 'late');
      const { id } = await world.allocated(inbox, operator);
      await world.resolve(id, operator.headers);

      await stream.until(({ types }) => types.includes('conversation.resolved'));
      await deliverUntil(app, () => heard().some((reason) => reason.startsWith('Closed')));
      await app.run(ActivityFold);
      const { body } = await app.call('get', '/stats/operators', world.admin).expect(200);
      const [own] = (body as { data: { operatorId: string; transitions: object }[] }).data.filter(
        ({ operatorId }) => operatorId === operator.id,
      );
      expect(own?.transitions).toMatchObject({ claimed: 1, resolved: 1 });
      expect(heard()).not.toContain('late');

      await slow.query('commit');
      await stream.until(({ events }) => events.some(({ data }) => data.reason === 'late'));
      await deliverUntil(app, () => heard().includes('late'));
      expect(heard().filter((reason) => reason === 'late')).toHaveLength(1);
      expect((await feed()).at(-1)).toMatchObject({ reason: 'late' });
    } finally {
      stream.close();
      await receiver.stop();
    }
  });
});

describe('positions in the feed', () => {
  it('are 1, 2, 3 and so on in each tenant', async () => {
    const other = await World.create(app);
    for (const one of [world, other, world]) await one.queued(await one.inbox());
    await app.call('get', '/events', world.admin).expect(200);
    expect((await feed()).map(({ position }) => position)).toEqual(['1', '2']);
  });

  it('follow the versions of a conversation, even when the later transaction began first', async () => {
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const { id } = await world.queued(inbox);
    const early = await app.database.session();
    await early.query('begin');
    await early.query('select now()');
    await world.claim(id, operator);
    // Version 3 is written by the transaction that began before version 2 was.
    await early.query(
      `with entry as (
        insert into conversation_events (tenant_id, id, type, conversation_id, inbox_id, version, actor_type, reason,
          from_state, from_operator_id, from_inbox_id, to_state, to_inbox_id)
        select tenant_id, gen_random_uuid(), 'conversation.deallocated', id, inbox_id, 3, 'SYSTEM', 'early',
          'ALLOCATED', assigned_operator_id, inbox_id, 'QUEUED', inbox_id
        from conversations where id = $1
        returning tenant_id, id)
      insert into feed_backlog (tenant_id, id, event_ids) select e.tenant_id, e.id, array[e.id] from entry e`,
      [id],
    );
    await early.query('commit');
    const versions = async () =>
      (await feed()).filter((place) => place.conversation_id === id).map(({ version }) => version);
    // One at a time, and all at once.
    expect(await assign(1)).toBe(1);
    while ((await assign(1)) > 0);
    expect(await versions()).toEqual([1, 2, 3]);
    const took = await app.database.rows<{ ids: string[] }>(
      `with gone as (delete from feed_positions where tenant_id = $1 returning event_id)
      insert into feed_backlog (tenant_id, id, event_ids)
      select $1, (array_agg(event_id))[1], array_agg(event_id order by event_id) from gone returning event_ids as ids`,
      [world.tenantId],
    );
    expect(await assign(1_000)).toBe(took[0]!.ids.length);
    expect(await versions()).toEqual([1, 2, 3]);
  });

  it('are assigned once each while many write and read', async () => {
    const inbox = await world.inbox();
    const operators = await Promise.all(
      Array.from({ length: 4 }, () => world.operator({ inboxes: [inbox] })),
    );
    const work = operators.map(async (operator) => {
      for (let i = 0; i < 8; i++) {
        const { id } = await world.queued(inbox);
        const claimed = await app
          .call('post', '/allocation/claim', operator.headers)
          .send({ conversationId: id });
        expect(claimed.status).toBe(200);
      }
    });
    const reading = Array.from({ length: 4 }, async () => {
      for (let i = 0; i < 20; i++) await assign(3);
    });
    await Promise.all([...work, ...reading]);
    while ((await assign(1_000)) > 0);
    const places = await feed();
    expect(places.map(({ position }) => Number(position))).toEqual(places.map((_, i) => i + 1));
    expect(places).toHaveLength(4 + 4 * 8 * 2);
    await expectInvariants(app.database, world.tenantId);
  });
});
