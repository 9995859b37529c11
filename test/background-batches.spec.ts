import { setTimeout as pause } from 'node:timers/promises';
import { Database } from '../src/database/database.js';
import { sql } from '../src/database/statement.js';
import { nextBatch } from '../src/scheduling/batch-size.js';
import { inBatches } from '../src/scheduling/in-batches.js';
import { TestApplication } from './support/application.js';
import { sessionsWaiting } from './support/faults/locks.js';

const MOST = 400;
const CONNECTIONS = 4;

let app: TestApplication;
let database: Database;
beforeAll(async () => {
  app = await TestApplication.start({ DATABASE_POOL_SIZE: String(CONNECTIONS) });
  database = app.nest.get(Database);
});
afterAll(() => app.stop());

/** Full batches with the given duration, until one is as large as `last`, at most ten. */
async function sizes(milliseconds: number, last: number): Promise<number[]> {
  const seen: number[] = [];
  await inBatches(
    database,
    MOST,
    () => seen.length === 10 || seen.includes(last),
    async (size) => {
      await pause(milliseconds);
      seen.push(size);
      return size;
    },
  );
  return seen;
}

/** From the end of a batch to the beginning of the next one, of a batch that takes 20 ms. */
async function pauseMs({ rests = false } = {}): Promise<number> {
  const begun: number[] = [];
  await inBatches(
    database,
    MOST,
    () => begun.length === 2,
    async (size) => {
      begun.push(performance.now());
      await pause(20);
      return size;
    },
    { rests },
  );
  return begun[1]! - begun[0]! - 20;
}

describe('background work', () => {
  it('begins with small batches and enlarges them while they are fast', async () => {
    // Nothing is quick on a machine that is busy with something else just then.
    let seen: number[] = [];
    for (let i = 0; i < 20 && !seen.includes(MOST); i++) seen = await sizes(1, MOST);
    expect(seen[0]).toBe(50);
    expect(seen.at(-1)).toBe(MOST);
  });

  it('keeps small batches while they are slow', async () => {
    expect(await sizes(40, MOST)).toEqual(Array(10).fill(50));
  });

  it.each([
    [50, 1, 100],
    [400, 1, 400],
    [100, 20, 100],
    [200, 31, 100],
    [50, 1_000, 50],
  ])('follows a batch of %i that took %i ms by one of %i', (size, tookMs, next) => {
    expect(nextBatch(size, tookMs, MOST)).toBe(next);
  });

  it('ends with the first batch that is not full, and returns the sum', async () => {
    const found = [50, 100, 7, 1_000];
    const done = await inBatches(
      database,
      MOST,
      () => false,
      () => Promise.resolve(found.shift()!),
    );
    expect(done).toBe(157);
    expect(found).toEqual([1_000]);
  });

  it('ends when the service stops', async () => {
    expect(await sizes(1, 50)).toEqual([50]);
  });

  it('rests as long as it worked when nobody waits for it', async () => {
    expect(await pauseMs({ rests: true })).toBeGreaterThan(15);
  });

  it('pauses while requests keep the connections busy, and not otherwise', async () => {
    const alone = [];
    for (let i = 0; i < 10; i++) alone.push(await pauseMs());
    expect(Math.min(...alone)).toBeLessThan(15);
    const somebody = await app.database.session();
    await somebody.query('select pg_advisory_lock(1)');
    const held = Array.from({ length: CONNECTIONS }, () =>
      database.query(null, sql`select pg_advisory_xact_lock_shared(1)`, []),
    );
    await sessionsWaiting(app.database, CONNECTIONS);
    expect(await pauseMs()).toBeGreaterThan(35);
    await somebody.query('select pg_advisory_unlock(1)');
    await Promise.all(held);
  });
});
