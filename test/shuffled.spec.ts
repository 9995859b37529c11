import { TestApplication } from './support/application.js';
import { SEED, TIMES } from './support/chance.js';
import { Account } from './support/chaos/account.js';
import { audit } from './support/chaos/audit.js';
import { Client } from './support/chaos/client.js';
import { setScene } from './support/chaos/scene.js';
import { ask } from './support/faults/ask.js';
import { Luck } from './support/luck.js';
import { ServiceProcess } from './support/service-process.js';

const CLIENTS = 10;
/** Of each of them. */
const OPERATIONS = 60 * TIMES;
/** Few rows, so that everybody meets everybody. */
const THREADS = 6;

describe(`case 3: everything at once, on two instances (TEST_SEED=${SEED})`, () => {
  let app: TestApplication;
  let instances: ServiceProcess[];
  beforeAll(async () => {
    app = await TestApplication.start();
    const start = () => ServiceProcess.start(app.database.url, { GRACE_EXPIRY_INTERVAL_SECONDS: '1' });
    instances = await Promise.all([start(), start()]);
  });
  afterAll(async () => {
    await Promise.all(instances.map((instance) => instance.stop()));
    await app.stop();
  });

  it(
    'leaves only legal histories, and no response reports a deadlock',
    async () => {
      const urls = instances.map(({ url }) => url);
      const scene = await setScene(app.url);
      const account = new Account();
      const luck = new Luck(SEED);
      let isOver = false;
      const clients = Array.from(
        { length: CLIENTS },
        (_, i) => new Client(`client-${i}`, { urls }, scene, account, luck.another(), THREADS),
      );
      const expiring = async () => {
        while (!isOver) {
          await app.database.rows('update deadlines set expires_at = now() where tenant_id = $1', [
            scene.tenantId,
          ]);
          const told = await ask('POST', `${urls[0]}/api/v1/grace-periods/expire`, scene.admin);
          account.responded(String(told.status));
        }
      };

      const working = clients.map((client) => {
        let done = 0;
        return client.runUntil(() => done++ === OPERATIONS);
      });
      await Promise.all([Promise.all(working).finally(() => (isOver = true)), expiring()]);

      // No 503 either: a deadlock that was tried again until it was given up would be one.
      expect([...account.responses.keys()].filter((kind) => !/^(20|403|404|409)/.test(kind))).toEqual([]);
      expect(account.again).toBe(0);
      const { lost, duplicated, breaches } = await audit(app.database.url, scene, account);
      expect({ lost, duplicated, breaches }).toEqual({ lost: [], duplicated: [], breaches: [] });
      expect(account.acknowledged).toBeGreaterThan((CLIENTS * OPERATIONS) / 4);
    },
    60_000 * TIMES,
  );
});
