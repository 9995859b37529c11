import { SEED } from './support/chance.js';
import { setScene } from './support/chaos/scene.js';
import { TestDatabase } from './support/database.js';
import { expectInvariants } from './support/invariants.js';
import { Luck } from './support/luck.js';
import { migrate, runProgram } from './support/migrating.js';
import { ServiceProcess } from './support/service-process.js';
import { asService } from './support/settings.js';
import { Balancer } from './support/upgrade/balancer.js';
import { buildFormer, formerCommit, type FormerBuild } from './support/upgrade/former-build.js';
import { Load } from './support/upgrade/load.js';
import { until } from './support/until.js';

const CALLERS = 6;
/** Of every kind of request, in each phase. */
const ROUNDS = 5;
const PATIENCE_MS = 90_000;
const LIMIT_MS = 400_000;
const SETTINGS = {
  STATS_INTERVAL_SECONDS: '1',
  GRACE_EXPIRY_INTERVAL_SECONDS: '1',
  DISTRIBUTION_SWEEP_INTERVAL_SECONDS: '1',
  OUTLOOK_INTERVAL_SECONDS: '1',
  WAIT_SWEEP_INTERVAL_SECONDS: '1',
  // Longer than the balancer takes to notice.
  SHUTDOWN_DELAY_SECONDS: '1',
};

const commit = formerCommit();
const WITHOUT_HISTORY =
  'NOT TESTED: rolling upgrades. This copy has no history, so the former version cannot be built. Use a full clone ' +
  '(git fetch --unshallow; fetch-depth: 0).';

let database: TestDatabase;
let balancer: Balancer;
let services: ServiceProcess[];
beforeEach(async () => {
  database = await TestDatabase.create();
  balancer = new Balancer();
  services = [];
});
afterEach(async () => {
  balancer.close();
  await Promise.all(services.map((service) => service.stop()));
  await database.close();
});

async function twoInstances(program?: string): Promise<ServiceProcess[]> {
  const started = await Promise.all([1, 2].map(() => ServiceProcess.start(database.url, SETTINGS, program)));
  services.push(...started);
  balancer.add(...started);
  return started;
}

/** Replaces the schema by the one of the former version. */
async function migrateAsBefore(former: FormerBuild): Promise<void> {
  await database.rows(
    'drop schema public cascade; create schema public; grant usage on schema public to public',
  );
  const ended = await runProgram(former.program('database/migrate.js'), ['run'], {
    DATABASE_ADMIN_URL: database.url,
    DATABASE_URL: asService(database.url),
  });
  expect(ended).toMatchObject({ code: 0 });
}

describe('an upgrade of a running service', () => {
  if (commit === null) {
    it('cannot be tested without the history', () => {
      process.stderr.write(`\n${WITHOUT_HISTORY}\n\n`);
    });
    return;
  }

  it(
    `from ${commit} fails no request: migrate, start new instances, stop the old ones`,
    async () => {
      const former = buildFormer(commit);
      await migrateAsBefore(former);
      const old = await twoInstances(former.program('main.js'));
      const load = new Load(balancer, await setScene(balancer.next()));
      const sent = async (rounds: number) => {
        const from = load.rounds;
        await until(() => load.rounds >= from + rounds || load.failures.length > 0, PATIENCE_MS);
        expect(load.failures).toEqual([]);
      };
      const running = load.run(CALLERS, new Luck(SEED));
      try {
        await sent(ROUNDS);

        expect(await migrate(database, ['run'])).toMatchObject({ code: 0 });
        await sent(ROUNDS);

        await twoInstances();
        await sent(ROUNDS);

        for (const service of old) expect(await balancer.drain(service)).toBe(0);
        await sent(ROUNDS);
      } finally {
        load.stop();
        await running;
      }
      expect({ failures: load.failures, unready: balancer.unready }).toEqual({ failures: [], unready: [] });
      await expectInvariants(database);
    },
    LIMIT_MS,
  );
});
