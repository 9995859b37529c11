import { setTimeout as pause } from 'node:timers/promises';
import { Database } from '../src/database/database.js';
import { sql } from '../src/database/statement.js';
import { TestApplication } from './support/application.js';

const MOST = 400;
const CONNECTIONS = 4;

let app: TestApplication;
let database: Database;
beforeAll(async () => {
  app = await TestApplication.start({ DATABASE_POOL_SIZE: String(CONNECTIONS) });
  database = app.nest.get(Database);
});
afterAll(() => app.stop());

/** Batches that take so long each and always find all they may. @returns how large they were */
async function sizes(...milliseconds: number[]): Promise<number[]> {
  const seen: number[] = [];
  await database.inBatches(
    MOST,
    () => seen.length === milliseconds.length,
    async (size) => {
      await pause(milliseconds[seen.length]);
      seen.push(size);
      return size;
    },
  );
  return seen;
}

/** From the end of a batch to the beginning of the next one, of a batch that takes 20 ms. */
async function pauseMs(): Promise<number> {
  const begun: number[] = [];
  await database.inBatches(
    MOST,
    () => begun.length === 2,
    async (size) => {
      begun.push(performance.now());
      await pause(20);
      return size;
    },
  );
  return begun[1]! - begun[0]! - 20;
}

describe('background work', () => {
  it('begins with small batches, and takes larger ones while they are quick', async () => {
    expect(await sizes(1, 1, 1, 1, 1)).toEqual([50, 100, 200, 400, 400]);
  });

  it('takes smaller batches when they take long, and never the smallest of all', async () => {
    expect(await sizes(1, 1, 60, 60, 60, 60)).toEqual([50, 100, 200, 100, 50, 50]);
  });

  it('ends with the first batch that finds less than it may do, and says how much there was', async () => {
    const found = [50, 100, 7, 1_000];
    const done = await database.inBatches(
      MOST,
      () => false,
      () => Promise.resolve(found.shift()!),
    );
    expect(done).toBe(157);
    expect(found).toEqual([1_000]);
  });

  it('ends when the service stops', async () => {
    expect(await sizes(1)).toEqual([50]);
  });

  it('lets requests go first while they keep the connections busy, and alone goes on at once', async () => {
    expect(await pauseMs()).toBeLessThan(15);
    const held = Array.from({ length: CONNECTIONS }, () => database.look(sql`select pg_sleep(0.5)`, []));
    // Until all of them have begun.
    await pause(100);
    expect(await pauseMs()).toBeGreaterThan(35);
    await Promise.all(held);
  });
});
