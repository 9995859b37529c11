import { DiscoveryService } from '@nestjs/core';
import { ScheduledJob, type TenantJob } from '../src/scheduling/job.js';
import { TestApplication } from './support/application.js';
import { whileHolding } from './support/faults/locks.js';
import { whileBroken, type Break } from './support/jobs/break-tenant.js';
import { JOB_CASES } from './support/jobs/cases.js';
import type { JobCase } from './support/jobs/job-case.js';
import { KEY_A } from './support/secrets-key.js';
import { Scrape } from './support/scrape.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

/** Shorter than the time that one wait for a lock may take by default. */
const BOUND_MS = 4_000;

let app: TestApplication;
/** Jobs come to them in this order. */
let first: World;
let broken: World;
let last: World;
beforeAll(async () => {
  app = await TestApplication.start({ SECRETS_KEY: KEY_A, FEED_RETENTION_DAYS: '30' });
});
beforeEach(async () => {
  const worlds = [first, broken, last].flatMap((world: World | undefined) => world?.tenantId ?? []);
  const left = await app.database.rows('select 1 from tenants where id = any ($1::uuid[])', [worlds]);
  // A job can delete tenants.
  if (left.length === 3) return;
  first = await World.create(app);
  broken = await World.create(app);
  last = await World.create(app);
});
afterAll(() => app.stop());

const failures = async (name: string) =>
  (await Scrape.of(app)).value('inbox_job_tenant_failures_total', { name });
const isLeft = async ({ left }: JobCase, { tenantId }: World): Promise<boolean> =>
  (await app.database.rows(left, [tenantId])).length > 0;

const titled = JOB_CASES.map((each) => ({ ...each, title: [each.name, each.kind ?? ''].join(' ').trim() }));
describe.each(titled)('$title', (each) => {
  const { name, declaration } = each;
  it.each<Break>(['fails', 'waits'])('serves the other tenants when a statement of one %s', async (how) => {
    for (const world of [first, broken, last]) await each.due(world);
    const failed = (await failures(name)) ?? 0;
    await whileBroken(each, broken, how, async () => {
      const begun = performance.now();
      await app.run(declaration);
      expect(performance.now() - begun).toBeLessThan(BOUND_MS);
      expect([await isLeft(each, first), await isLeft(each, last)]).toEqual([false, false]);
      expect(await isLeft(each, broken)).toBe(true);
      expect(await failures(name)).toBe(failed + 1);
    });
    await untilDone(each, broken);
  });

  it('skips a tenant on which another instance works', async () => {
    for (const world of [broken, last]) await each.due(world);
    const lock = `select pg_advisory_xact_lock(hashtextextended($1 || ' ${name}', 5))`;
    await whileHolding(app.database, lock, broken.tenantId, async () => {
      await app.run(declaration);
      expect([await isLeft(each, broken), await isLeft(each, last)]).toEqual([true, false]);
    });
    await untilDone(each, broken);
  });
});

/** A tenant for which the job failed sits out some runs. */
async function untilDone(each: JobCase, world: World): Promise<void> {
  for (let run = 0; run < 20 && (await isLeft(each, world)); run++) await app.run(each.declaration);
  expect(await isLeft(each, world)).toBe(false);
}

describe('a tenant for which a job always fails', () => {
  it('is tried less often', async () => {
    const each = JOB_CASES.find(({ name }) => name === 'clean-up')!;
    await each.due(broken);
    const tried: number[] = [];
    await whileBroken(each, broken, 'fails', async () => {
      for (let run = 0; run < 34; run++) {
        const before = await failures(each.name);
        await app.run(each.declaration);
        if ((await failures(each.name)) !== before) tried.push(run);
      }
    });
    expect(tried).toEqual([0, 2, 6, 14, 30]);
    await untilDone(each, broken);
  });
});

describe('a change of weights that a dead instance left unfinished', () => {
  it('is finished even without saturated conversations', async () => {
    const each = JOB_CASES.find(({ name }) => name === 'rerank')!;
    await each.due(first);
    const other = await app.another({ SATURATION_SWEEP_INTERVAL_SECONDS: '0', RERANK_INTERVAL_SECONDS: '1' });
    try {
      await until(async () => !(await isLeft(each, first)));
    } finally {
      await other.stop();
    }
  });
});

describe('every job', () => {
  it('has a case in this test', () => {
    const declared = app.nest
      .get(DiscoveryService, { strict: false })
      .getProviders({ metadataKey: ScheduledJob.KEY })
      .map(({ instance }) => (instance as TenantJob).name);
    expect(declared.sort()).toEqual(
      [...new Set(JOB_CASES.map(({ name }) => name)), 'webhook-delivery'].sort(),
    );
  });
});
