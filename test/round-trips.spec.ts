import { Client } from 'pg';
import { TestApplication } from './support/application.js';
import { whileHolding, sessionsWaiting } from './support/faults/locks.js';
import { messageTo, reporting } from './support/messages.js';
import { Scrape } from './support/scrape.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

/** What the service asks the database for while `work` runs, but for who is calling. */
async function roundTrips(work: () => PromiseLike<unknown>): Promise<string[]> {
  const spy = jest.spyOn(Client.prototype, 'query');
  try {
    await work();
    const texts = spy.mock.calls.map(([query]) =>
      typeof query === 'string' ? query : (query as { text: string }).text,
    );
    return texts
      .map((text) => /\bfrom (\w+)\(/.exec(text)?.[1] ?? text.trim().split(/\s+/)[0]!)
      .filter((name) => name !== 'identify_callers');
  } finally {
    spy.mockRestore();
  }
}

it('claim and resolve are one round trip each', async () => {
  const world = await World.create(app);
  const inbox = await world.inbox();
  const operator = await world.operator({ inboxes: [inbox] });
  const { id } = await world.queued(inbox);
  const act = (verb: string) =>
    app.call('post', `/allocation/${verb}`, operator.headers).send({ conversationId: id }).expect(200);

  expect(await roundTrips(() => act('claim'))).toEqual(['claim_conversation']);
  expect(await roundTrips(() => act('resolve'))).toEqual(['resolve_conversation']);
});

it('a resolve that frees capacity in a push inbox is two', async () => {
  const world = await World.create(app);
  const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
  const operator = await world.operator({ inboxes: [inbox] });
  const { id } = await world.queued(inbox);

  const resolve = () =>
    app.call('post', '/allocation/resolve', operator.headers).send({ conversationId: id }).expect(200);
  expect(await roundTrips(resolve)).toEqual(['resolve_conversation', 'distribute_waiting']);
});

it('a message is one', async () => {
  const world = await World.create(app);
  const inbox = await world.inbox();
  const message = messageTo(inbox);

  expect(await roundTrips(() => reporting(world, message).expect(201))).toEqual(['ingest_message']);
  expect(await roundTrips(() => reporting(world, message).expect(200))).toEqual(['ingest_message']);
});

describe('renewals of presence', () => {
  type Somebody = { id: string; headers: Record<string, string> };
  const renew = ({ id, headers }: Somebody) =>
    app.call('put', `/operators/${id}/presence`, headers).expect(200);
  const statementsOf = async (work: () => PromiseLike<unknown>) =>
    (await roundTrips(work)).filter((name) => name === 'renew_presences');

  /** Operators who are AVAILABLE, with a presence that begins now. */
  async function present(world: World, count: number): Promise<Somebody[]> {
    const rows = await app.database.rows<{ id: string }>(
      `with made as (
        insert into operators (tenant_id, id, name, role, availability)
        select $1, gen_random_uuid(), 'Operator ' || n, 'OPERATOR', 'AVAILABLE' from generate_series(1, $2::integer) as s (n)
        returning id
      )
      insert into operator_presence (tenant_id, operator_id, present_until) select $1, m.id, now() from made m
      returning operator_id as id`,
      [world.tenantId, count],
    );
    return rows.map(({ id }) => ({
      id,
      headers: { 'X-Tenant-Id': world.tenantId, 'X-Operator-Id': id },
    }));
  }

  it('share few statements: what arrives during one of them goes with the next', async () => {
    const world = await World.create(app, { presenceTimeoutSeconds: 30 });
    const [first, ...others] = await present(world, 60);
    const lock = 'select 1 from operator_presence where operator_id = $1 for update';

    const statements = await statementsOf(async () => {
      const renewals: Promise<unknown>[] = [];
      await whileHolding(app.database, lock, first!.id, async () => {
        renewals.push(renew(first!).then());
        await sessionsWaiting(app.database, 1);
        renewals.push(...others.map((each) => renew(each).then()));
        // The scrape itself is one of them.
        await until(async () => (await Scrape.of(app)).value('http_requests_in_flight') === 61);
      });
      await Promise.all(renewals);
    });

    // Callers are looked up in batches, so not all of them arrive there at the same moment.
    expect(statements.length).toBeLessThanOrEqual(6);
    const [row] = await app.database.rows<{ renewed: number }>(
      `select count(*)::integer as renewed from operator_presence
      where tenant_id = $1 and present_until > now() + interval '20 seconds'`,
      [world.tenantId],
    );
    expect(row).toEqual({ renewed: 60 });
  });

  it('within a tenth of the timeout are answered from memory, until the status is another one', async () => {
    const world = await World.create(app, { presenceTimeoutSeconds: 30 });
    const [olivia] = await present(world, 1);
    const renewed = async () => {
      let status: unknown;
      const statements = await roundTrips(async () => {
        ({ status } = (await renew(olivia!)).body as { status: string });
      });
      return { status, statements };
    };
    const written = (status: string) => ({ status, statements: ['renew_presences'] });
    const remembered = (status: string) => ({ status, statements: [] });

    expect(await renewed()).toEqual(written('AVAILABLE'));
    expect(await renewed()).toEqual(remembered('AVAILABLE'));
    await world.setStatus(olivia!, 'PAUSED');
    expect(await renewed()).toEqual(written('PAUSED'));
    expect(await renewed()).toEqual(remembered('PAUSED'));

    const now = performance.now.bind(performance);
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now() + 3_000);
    try {
      expect(await renewed()).toEqual(written('PAUSED'));
    } finally {
      clock.mockRestore();
    }
  });
});
