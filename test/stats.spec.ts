import type { InboxResponse } from '../src/inboxes/inbox.js';
import type { QueueStatistics } from '../src/stats/queue-statistics.js';
import type {
  DistributionStatistics,
  OperatorsStatistics,
  OperatorStatistics,
} from '../src/stats/stats-responses.js';
import { TestApplication } from './support/application.js';
import { ENTRIES, morning, on } from './support/morning.js';
import { fold, foldAll, read, unfolded } from './support/story.js';
import type { Person, World } from './support/world.js';

let app: TestApplication;
let world: World;
let sales: InboxResponse;
let support: InboxResponse;
let ann: Person;
let ben: Person;
let cem: Person;
let dora: Person;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const transitions = (counts: Partial<OperatorStatistics['transitions']>) => ({
  allocated: 0,
  claimed: 0,
  distributed: 0,
  reassigned: 0,
  resolved: 0,
  deallocated: 0,
  returned: 0,
  transferred: 0,
  graceExpired: 0,
  released: 0,
  notAccepted: 0,
  unanswered: 0,
  ...counts,
});

describe.each<[string, () => Promise<unknown>]>([
  ['before anything is folded', () => Promise.resolve()],
  ['when one entry is folded', () => fold(world, 1)],
  ['when half of it is folded', () => fold(world, ENTRIES / 2)],
  ['when all but one is folded', () => fold(world, ENTRIES - 1, 5)],
  ['when all is folded', () => foldAll(world)],
])('the statistics of a morning, %s,', (_when, prepare) => {
  beforeAll(async () => {
    ({ world, sales, support, ann, ben, cem, dora } = await morning(app));
    // The ledger also has the operators' changes of status, which do not count.
    expect(await unfolded(world)).toBe(ENTRIES + 3);
    await prepare();
  });

  const shares = async (query = '') => {
    const { data } = await read<DistributionStatistics>(world, `/stats/distribution${query}`);
    return data.map(({ operatorId, given, share }) => ({ operatorId, given, share }));
  };

  it('count the waiting conversations of each inbox, with the longest wait', async () => {
    const { data } = await read<QueueStatistics>(world, '/stats/queue');
    const last = { arrivalsLastHour: 0, resolutionsLastHour: 0 };
    const oldestWaitSeconds = expect.any(Number) as number;
    expect(data).toMatchObject([
      {
        inboxId: sales.id,
        name: 'Sales',
        distribution: 'WEIGHTED_RANDOM',
        depth: 2,
        oldestWaitingSince: '2026-03-02T10:30:00.000Z',
        oldestWaitSeconds,
        ...last,
      },
      {
        inboxId: support.id,
        name: 'Support',
        distribution: 'PULL',
        depth: 1,
        oldestWaitingSince: '2026-03-02T10:50:00.000Z',
        oldestWaitSeconds,
        ...last,
      },
    ]);
    const [first, second] = data;
    expect(Math.abs(first!.oldestWaitSeconds! - second!.oldestWaitSeconds! - 20 * 60)).toBeLessThanOrEqual(1);
  });

  it('have the share of each operator and the configured share', async () => {
    const { from, to, data } = await read<DistributionStatistics>(world, '/stats/distribution');
    expect({ from, to }).toEqual({ from: null, to: null });
    const inbox = { inboxId: sales.id, inboxName: 'Sales' };
    const row = (who: Person, numbers: object) => ({
      ...inbox,
      operatorId: who.id,
      operatorName: who.name,
      ...numbers,
    });
    expect(data).toEqual([
      row(ann, {
        given: 2,
        share: 0.5,
        weight: 3,
        configuredShare: 0.75,
        since: on('09:00:10.000'),
        lastGivenAt: on('09:05:30.000'),
      }),
      row(ben, {
        given: 1,
        share: 0.25,
        weight: 1,
        configuredShare: 0.25,
        since: on('09:20:30.500'),
        lastGivenAt: on('09:20:30.500'),
      }),
      row(cem, {
        given: 1,
        share: 0.25,
        weight: 0,
        configuredShare: 0,
        since: on('10:00:20.000'),
        lastGivenAt: on('10:00:20.000'),
      }),
      row(dora, {
        given: 0,
        share: 0,
        weight: 0,
        configuredShare: 0,
        since: await subscribedAt(dora, sales),
        lastGivenAt: null,
      }),
    ]);
  });

  it.each([
    ['from the very moment of the first', on('09:00:10'), on('09:00:10.001'), [1, 0, 0]],
    ['up to the very moment of the first', on('09:00:00'), on('09:00:10'), [0, 0, 0]],
    ['cut inside of minutes', on('09:05:30'), on('10:00:20'), [1, 1, 0]],
    ['inside of one minute', on('09:20:30.4'), on('09:20:30.6'), [0, 1, 0]],
    ['of whole minutes', on('09:00:00'), on('09:20:00'), [2, 0, 0]],
    ['in another zone', '2026-03-02T11:00:20%2B01:00', '2026-03-02T11:00:21%2B01:00', [0, 0, 1]],
    ['of a year', '2025-06-01T00:00:00Z', '2026-06-01T00:00:00Z', [2, 1, 1]],
    ['of another day', on('12:00:00'), '2026-03-03T12:00:00Z', [0, 0, 0]],
  ])('count in a window %s', async (_what, from, to, [a = 0, b = 0, c = 0]) => {
    const sum = Math.max(a + b + c, 1);
    expect(await shares(`?from=${from}&to=${to}`)).toEqual([
      { operatorId: ann.id, given: a, share: a / sum },
      { operatorId: ben.id, given: b, share: b / sum },
      ...(c > 0 ? [{ operatorId: cem.id, given: c, share: c / sum }] : []),
      { operatorId: dora.id, given: 0, share: 0 },
    ]);
  });

  it('accept a window with only a beginning or only an end', async () => {
    const given = async (query: string) => (await shares(query)).map((row) => row.given);
    expect(await given(`?from=${on('09:05:30')}`)).toEqual([1, 1, 1, 0]);
    expect(await given(`?to=${on('09:05:30')}`)).toEqual([1, 0, 0]);
    expect(await given(`?inboxId=${sales.id}`)).toEqual([2, 1, 1, 0]);
    expect(await given(`?inboxId=${support.id}`)).toEqual([]);
  });

  it('count what each operator did', async () => {
    const { from, to, data } = await read<OperatorsStatistics>(world, '/stats/operators');
    const byId = Object.fromEntries(data.map((row) => [row.operatorId, row]));
    expect({ from, to, people: data.map(({ name }) => name) }).toEqual({
      from: null,
      to: null,
      people: ['Ada Admin', 'Ann', 'Ben', 'Cem', 'Dora'],
    });
    expect(byId[ann.id]).toEqual({
      operatorId: ann.id,
      name: ann.name,
      status: 'AVAILABLE',
      isActive: true,
      load: 0,
      capacity: null,
      transitions: transitions({ distributed: 2, claimed: 1, resolved: 3 }),
      resolvedByOutcome: { handled: 2, abandoned: 0, spam: 1, duplicate: 0 },
      timeToResolve: { count: 3, meanSeconds: 246.667 },
      graceExpirations: 0,
    });
    expect(byId[ben.id]).toMatchObject({
      load: 1,
      capacity: 5,
      transitions: transitions({
        allocated: 2,
        distributed: 1,
        reassigned: 1,
        resolved: 1,
        deallocated: 1,
        graceExpired: 1,
      }),
      timeToResolve: { count: 1, meanSeconds: 600 },
      graceExpirations: 1,
    });
    expect(byId[dora.id]).toMatchObject({
      status: 'OFFLINE',
      load: 0,
      transitions: transitions({}),
      resolvedByOutcome: { handled: 0, abandoned: 0, spam: 0, duplicate: 0 },
      timeToResolve: { count: 0, meanSeconds: null },
    });
  });

  it('count what each operator did in a window', async () => {
    const query = `?from=${on('09:07:10')}&to=${on('09:45:40')}`;
    const { from, to, data } = await read<OperatorsStatistics>(world, `/stats/operators${query}`);
    expect({ from, to }).toEqual({ from: on('09:07:10.000'), to: on('09:45:40.000') });
    const [, a, b, c] = data;
    expect(a).toMatchObject({
      transitions: transitions({ claimed: 1, resolved: 2 }),
      resolvedByOutcome: { handled: 1, abandoned: 0, spam: 1, duplicate: 0 },
      timeToResolve: { count: 2, meanSeconds: 350 },
    });
    expect(b).toMatchObject({ load: 1, transitions: transitions({ distributed: 1, graceExpired: 1 }) });
    expect(c).toMatchObject({ transitions: transitions({}) });
  });

  it('count what one operator did, with the 95th percentile of the time to resolve', async () => {
    const of = (who: Person, query = '') =>
      read<OperatorStatistics>(world, `/operators/${who.id}/stats${query}`);
    expect(await of(ann)).toEqual({
      operatorId: ann.id,
      from: null,
      to: null,
      load: 0,
      capacity: null,
      transitions: transitions({ distributed: 2, claimed: 1, resolved: 3 }),
      resolvedByOutcome: { handled: 2, abandoned: 0, spam: 1, duplicate: 0 },
      timeToResolve: { count: 3, meanSeconds: 246.667, p95Seconds: 550 },
      graceExpirations: 0,
    });
    expect(await of(ben)).toMatchObject({
      load: 1,
      capacity: 5,
      timeToResolve: { count: 1, meanSeconds: 600, p95Seconds: 600 },
      graceExpirations: 1,
    });
    expect(await of(cem)).toMatchObject({
      transitions: transitions({ distributed: 1, allocated: 1, released: 1 }),
      timeToResolve: { count: 0, meanSeconds: null, p95Seconds: null },
    });
    expect(await of(ann, `?from=${on('09:07:10')}&to=${on('09:45:40')}`)).toMatchObject({
      from: on('09:07:10.000'),
      to: on('09:45:40.000'),
      transitions: transitions({ claimed: 1, resolved: 2 }),
      timeToResolve: { count: 2, meanSeconds: 350, p95Seconds: 575 },
    });
  });
});

async function subscribedAt(operator: Person, inbox: InboxResponse): Promise<string> {
  const { body } = await app.call('get', `/inboxes/${inbox.id}/operators`, world.admin).expect(200);
  const { data } = body as { data: { operatorId: string; createdAt: string }[] };
  return data.find(({ operatorId }) => operatorId === operator.id)!.createdAt;
}
