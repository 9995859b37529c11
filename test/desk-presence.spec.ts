import { Client } from 'pg';
import { PresenceSweep, STILL_ABSENT } from '../src/operators/presence-sweep.js';
import type { PresenceResponse } from '../src/operators/presence-response.js';
import { TestApplication } from './support/application.js';
import { changesNothing } from './support/behind.js';
import { whileHolding } from './support/faults/locks.js';
import { Instances } from './support/instances.js';
import { refused } from './support/refused.js';
import { findingsIn, putStatus, statusEntriesOf, statusOf } from './support/statuses.js';
import { World, type Person } from './support/world.js';

const TIMEOUT = { presenceTimeoutSeconds: 30 };

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const renewing = ({ id }: { id: string }, by: World['admin']) =>
  app.call('put', `/operators/${id}/presence`, by);
const renew = async (person: Person) =>
  (await renewing(person, person.headers).expect(200)).body as PresenceResponse;

/** Seconds until the presence ends, by the clock of the database; null without one. */
async function secondsLeft({ id }: Person): Promise<number | null> {
  const [row] = await app.database.rows<{ left: number }>(
    `select extract(epoch from present_until - clock_timestamp())::float8 as left from operator_presence
    where operator_id = $1`,
    [id],
  );
  return row?.left ?? null;
}

/** Moves the end of a presence, as time would. */
const endsIn = ({ id }: Person, seconds: number) =>
  app.database.rows(
    `update operator_presence set present_until = clock_timestamp() + $2 * interval '1 second' where operator_id = $1`,
    [id, seconds],
  );

const sweptAgo = ({ tenantId }: World, seconds: number) =>
  app.database.rows(
    `insert into presence_sweeps (tenant_id, swept_at) values ($1, clock_timestamp() - $2 * interval '1 second')
    on conflict (tenant_id) do update set swept_at = excluded.swept_at`,
    [tenantId, seconds],
  );

/** Does something at the moment at which the service sends a statement. */
async function rightBefore(text: string, intervene: () => Promise<unknown>, work: () => Promise<unknown>) {
  const query = Client.prototype.query as (this: Client, ...values: unknown[]) => unknown;
  const spy = jest.spyOn(Client.prototype, 'query').mockImplementation(function (this: Client, ...values) {
    const send = () => query.apply(this, values);
    const [first] = values as unknown[];
    const isIt = (typeof first === 'string' ? first : (first as { text: string }).text) === text;
    return (isIt ? intervene().then(send) : send()) as never;
  });
  try {
    await work();
  } finally {
    spy.mockRestore();
  }
}

describe('a presence', () => {
  it('is asked of nobody without the setting', async () => {
    const world = await World.create(app);
    const olivia = await world.operator();
    await changesNothing(world, async () => {
      expect(await renew(olivia)).toEqual({ operatorId: olivia.id, presentUntil: null, status: 'AVAILABLE' });
      await app.run(PresenceSweep);
    });
    expect(await secondsLeft(olivia)).toBeNull();
    expect(await statusOf(world, olivia)).not.toHaveProperty('presentUntil');
  });

  it('begins with AVAILABLE, and lasts one timeout from each renewal, on any instance', async () => {
    const instances = await Instances.start(app.database.url);
    try {
      const world = await World.create(app, TIMEOUT);
      const olivia = await world.operator();
      expect(await secondsLeft(olivia)).toBeGreaterThan(20);
      for (let instance = 0; instance < 2; instance++) {
        await endsIn(olivia, 1);
        const { status, body } = await instances.put(`/operators/${olivia.id}/presence`, olivia.headers, {});
        expect({ status, ...body }).toMatchObject({ status: 'AVAILABLE', operatorId: olivia.id });
        expect(await secondsLeft(olivia)).toBeGreaterThan(20);
      }
      const { presentUntil } = await renew(olivia);
      expect(await statusOf(world, olivia)).toMatchObject({ presentUntil });
    } finally {
      await instances.stop();
    }
  });

  it.each(['OFFLINE', 'PAUSED'] as const)('makes nobody AVAILABLE who is %s', async (status) => {
    const world = await World.create(app, TIMEOUT);
    const olivia = await world.operator({ status });
    await changesNothing(world, async () => {
      expect(await renew(olivia)).toMatchObject({ status });
    });
    expect(await statusOf(world, olivia)).toMatchObject({ status });
  });

  it('is renewed while another session has locked the operator, and is in no ledger', async () => {
    const world = await World.create(app, TIMEOUT);
    const olivia = await world.operator();
    await endsIn(olivia, 1);
    const lock = 'select 1 from operators where id = $1 for no key update';
    await whileHolding(app.database, lock, olivia.id, () =>
      changesNothing(world, async () => {
        const begun = performance.now();
        await renew(olivia);
        expect(performance.now() - begun).toBeLessThan(2_000);
      }),
    );
    expect(await secondsLeft(olivia)).toBeGreaterThan(20);
  });

  it('is renewed together with others, and repeated from memory', async () => {
    // It is repeated for five seconds, as the longest.
    const world = await World.create(app, { presenceTimeoutSeconds: 3600 });
    const people = [];
    for (let i = 0; i < 20; i++) people.push(await world.operator({ status: 'OFFLINE' }));
    const first = await Promise.all(people.map(renew));
    expect(new Set(first.map(({ operatorId }) => operatorId)).size).toBe(20);
    for (const person of people) expect(await renew(person)).toEqual(await renew(person));
  });

  it('is renewed by OPERATORs for themselves only, and by no service', async () => {
    const world = await World.create(app, TIMEOUT);
    const [olivia, oscar] = [await world.operator(), await world.operator()];
    await refused(renewing(oscar, olivia.headers), 'FORBIDDEN');
    await refused(renewing(oscar, world.orchestrator), 'FORBIDDEN');
    await renewing(oscar, world.admin).expect(200);
    await refused(renewing(oscar, (await World.create(app)).admin), 'NOT_FOUND');
    await world.deactivate(oscar);
    await endsIn(oscar, -1);
    await refused(renewing(await world.operator(), (await World.create(app)).admin), 'NOT_FOUND');
  });
});

describe('past the end of a presence', () => {
  it('nobody is given anything, even before the sweep, but by a supervisor', async () => {
    const world = await World.create(app, TIMEOUT);
    const [pull, push] = [await world.inbox(), await world.inbox({ distribution: 'ROUND_ROBIN' })];
    const olivia = await world.operator({ inboxes: [pull, push] });
    const { id: conversationId } = await world.queued(pull);
    await endsIn(olivia, -1);

    const take = (verb: string, body: object) =>
      app.call('post', `/allocation/${verb}`, olivia.headers).send(body);
    await refused(take('allocate', {}), 'OPERATOR_OFFLINE');
    await refused(take('claim', { conversationId }), 'OPERATOR_OFFLINE');
    const arrived = await world.queued(push);
    expect(arrived.state).toBe('QUEUED');
    const { body } = await app.call('get', `/conversations/${arrived.id}/explain`, world.admin).expect(200);
    expect(body).toMatchObject({ operators: [{ operatorId: olivia.id, reasons: ['NOT_PRESENT'] }, {}] });

    const given = { conversationId, operatorId: olivia.id };
    await app.call('post', '/allocation/reassign', world.admin).send(given).expect(200);
    await renew(olivia);
    expect((await take('claim', { conversationId: arrived.id })).status).toBe(200);
  });

  it.each(['AVAILABLE', 'PAUSED'] as const)(
    'the sweep makes who is %s OFFLINE, with a grace period',
    async (status) => {
      const world = await World.create(app, TIMEOUT);
      const inbox = await world.inbox();
      const olivia = await world.operator({ inboxes: [inbox] });
      const { id } = await world.allocated(inbox, olivia);
      if (status === 'PAUSED') await putStatus(world, olivia, { status, reason: 'Lunch', then: 'OFFLINE' });
      await sweptAgo(world, 3);
      await endsIn(olivia, -1);

      expect(await app.run(PresenceSweep)).toBe(1);

      const reason = expect.stringMatching(/^No sign of life since \d{4}-\d\d-\d\dT[\d:.]+Z$/) as string;
      const after = await statusOf(world, olivia);
      expect(after).toMatchObject({ status: 'OFFLINE', reason, gracePeriods: [{ conversationId: id }] });
      expect(after).not.toHaveProperty('then');
      expect((await statusEntriesOf(world, olivia)).at(-1)).toEqual({
        type: 'operator.offline',
        actor: 'SYSTEM',
        reason,
      });
      expect(await app.run(PresenceSweep)).toBe(0);
      expect(await renew(olivia)).toMatchObject({ status: 'OFFLINE' });
      expect(await findingsIn(world)).toEqual([]);
    },
  );

  it('what is held goes to others at once in a tenant without grace periods', async () => {
    const world = await World.create(app, { ...TIMEOUT, gracePeriodSeconds: 0 });
    const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
    const olivia = await world.operator({ inboxes: [inbox] });
    const { id } = await world.queued(inbox);
    const oscar = await world.operator({ inboxes: [inbox] });
    expect((await world.conversation(id)).assignedOperatorId).toBe(olivia.id);
    await sweptAgo(world, 3);
    await endsIn(olivia, -1);
    await app.run(PresenceSweep);
    expect((await world.conversation(id)).assignedOperatorId).toBe(oscar.id);
    expect(await findingsIn(world)).toEqual([]);
  });

  it('a renewal wins that comes before the sweep has the operator', async () => {
    const world = await World.create(app, TIMEOUT);
    const olivia = await world.operator();
    await sweptAgo(world, 3);
    await endsIn(olivia, -1);
    const lock = 'select 1 from operators where id = $1 for no key update';
    await whileHolding(app.database, lock, olivia.id, async () => {
      await app.run(PresenceSweep);
      await renew(olivia);
    });
    expect(await app.run(PresenceSweep)).toBe(0);
    expect(await statusOf(world, olivia)).toMatchObject({ status: 'AVAILABLE' });
  });

  it('a renewal wins that comes after the sweep has found and locked the operator', async () => {
    const world = await World.create(app, TIMEOUT);
    const [olivia, oscar] = [await world.operator(), await world.operator()];
    await sweptAgo(world, 3);
    for (const person of [olivia, oscar]) await endsIn(person, -1);
    const intervened = jest.fn(() => renew(olivia));

    await rightBefore(STILL_ABSENT.text, intervened, () => app.run(PresenceSweep));

    expect(intervened).toHaveBeenCalledTimes(1);
    const statuses = await Promise.all([olivia, oscar].map((person) => statusOf(world, person)));
    expect(statuses.map(({ status }) => status)).toEqual(['AVAILABLE', 'OFFLINE']);
  });
});

describe('after an outage', () => {
  it('everybody has one more timeout, but who had gone before', async () => {
    const world = await World.create(app, TIMEOUT);
    const [olivia, oscar] = [await world.operator(), await world.operator()];
    const gone = await world.operator();
    await putStatus(world, oscar, { status: 'PAUSED' });
    await sweptAgo(world, 600);
    await endsIn(olivia, -570);
    await endsIn(oscar, -580);
    await endsIn(gone, -601);

    await app.run(PresenceSweep);

    const statuses = await Promise.all([olivia, oscar, gone].map((person) => statusOf(world, person)));
    expect(statuses.map(({ status }) => status)).toEqual(['AVAILABLE', 'PAUSED', 'OFFLINE']);
    expect(await secondsLeft(olivia)).toBeGreaterThan(20);
    expect(await secondsLeft(oscar)).toBeGreaterThan(20);

    // No second period: the sweep runs again.
    await endsIn(olivia, -1);
    await app.run(PresenceSweep);
    expect(await statusOf(world, olivia)).toMatchObject({ status: 'OFFLINE' });
  });
});

describe('the setting', () => {
  it('begins the presence of all who are there, and ends all when it goes', async () => {
    const world = await World.create(app);
    const [olivia, oscar] = [await world.operator(), await world.operator({ status: 'PAUSED' })];
    const away = await world.operator({ status: 'OFFLINE' });
    await world.change({ presenceTimeoutSeconds: 60 });
    for (const person of [olivia, oscar]) expect(await secondsLeft(person)).toBeGreaterThan(50);
    expect(await secondsLeft(away)).toBeNull();

    await world.change({ presenceTimeoutSeconds: 30 });
    expect(await secondsLeft(olivia)).toBeLessThanOrEqual(30);

    await endsIn(olivia, -1);
    await world.change({ presenceTimeoutSeconds: null });
    expect(await secondsLeft(olivia)).toBeNull();
    await app.run(PresenceSweep);
    expect(await statusOf(world, olivia)).toMatchObject({ status: 'AVAILABLE' });
    const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
    await app.call('post', `/inboxes/${inbox.id}/operators`, world.admin).send({ operatorId: olivia.id });
    expect((await world.queued(inbox)).assignedOperatorId).toBe(olivia.id);
  });

  it.each([29, 3_601, 0, -1, '60'])('is not %p', async (presenceTimeoutSeconds) => {
    const world = await World.create(app);
    await app.call('patch', '/tenant/settings', world.admin).send({ presenceTimeoutSeconds }).expect(400);
  });
});
