import { TestApplication } from './support/application.js';
import { atOnce } from './support/instances.js';
import { JOB_CASES } from './support/jobs/cases.js';
import type { JobCase } from './support/jobs/job-case.js';
import { KEY_A } from './support/secrets-key.js';
import { World } from './support/world.js';

const SETTINGS = { SECRETS_KEY: KEY_A, FEED_RETENTION_DAYS: '30' };
const INSTANCES = 4;
const TENANTS = 3;
const MOST_RUNS = 20;

let app: TestApplication;
let instances: TestApplication[];
beforeAll(async () => {
  app = await TestApplication.start(SETTINGS);
  instances = [app];
  while (instances.length < INSTANCES) instances.push(await app.another(SETTINGS));
}, 60_000);
afterAll(async () => {
  for (const instance of instances.slice(1)) await instance.stop();
  await app.stop();
});

const isLeft = async ({ left }: JobCase, { tenantId }: World): Promise<boolean> =>
  (await app.database.rows(left, [tenantId])).length > 0;

/** How many entries of each type the ledger of a tenant has. */
const ledger = ({ tenantId }: World) =>
  app.database.rows(
    `select type, count(*)::integer as entries from conversation_events where tenant_id = $1 group by type order by type`,
    [tenantId],
  );

const titled = JOB_CASES.map((each) => ({ ...each, title: [each.name, each.kind ?? ''].join(' ').trim() }));
it.each(titled)(`four instances at once do as much as one, not more: $title`, async (each) => {
  const worlds = await atOnce(TENANTS + 1, () => World.create(app));
  const [control, ...others] = worlds as [World, ...World[]];
  await each.due(control);
  for (let run = 0; run < MOST_RUNS && (await isLeft(each, control)); run++) await app.run(each.declaration);
  expect(await isLeft(each, control)).toBe(false);

  for (const world of others) await each.due(world);
  let areLeft = others;
  for (let run = 0; run < MOST_RUNS && areLeft.length > 0; run++) {
    await Promise.all(instances.map((instance) => instance.run(each.declaration)));
    const stillLeft = await Promise.all(others.map((world) => isLeft(each, world)));
    areLeft = others.filter((_, index) => stillLeft[index]);
  }
  expect(areLeft).toEqual([]);
  for (const world of others) expect(await ledger(world)).toEqual(await ledger(control));
});
