import { randomInt } from 'node:crypto';
import { TestApplication } from './support/application.js';
import { Account } from './support/chaos/account.js';
import { audit } from './support/chaos/audit.js';
import { Client } from './support/chaos/client.js';
import { Luck } from './support/chaos/luck.js';
import { setScene } from './support/chaos/scene.js';
import { ask } from './support/faults/ask.js';
import { ServiceProcess } from './support/service-process.js';
import { wholeNumber } from './support/whole-number.js';

/** SHUFFLE_SECONDS goes on for longer, SHUFFLE_SEED asks for the same as a run that failed. */
const SECONDS = wholeNumber('SHUFFLE_SECONDS', 8);
const SEED = wholeNumber('SHUFFLE_SEED', randomInt(1, 2 ** 31));
const CLIENTS = 10;
/** Few rows, so that everybody meets everybody. */
const THREADS = 6;

describe(`case 3: everything at once, on two instances (SHUFFLE_SEED=${SEED})`, () => {
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
    'leaves only legal histories, and no caller hears of a deadlock',
    async () => {
      const urls = instances.map(({ url }) => url);
      const scene = await setScene(app.url);
      const account = new Account();
      const luck = new Luck(SEED);
      const end = Date.now() + SECONDS * 1_000;
      const isOver = () => Date.now() > end;
      const clients = Array.from(
        { length: CLIENTS },
        (_, i) => new Client(`client-${i}`, { urls }, scene, account, luck.another(), THREADS),
      );
      const expiring = async () => {
        while (!isOver()) {
          await app.database.rows('update grace_periods set expires_at = now() where tenant_id = $1', [
            scene.tenantId,
          ]);
          const told = await ask('POST', `${urls[0]}/api/v1/grace-periods/expire`, scene.admin);
          account.answered(String(told.status));
        }
      };

      await Promise.all([...clients.map((client) => client.runUntil(isOver)), expiring()]);

      // No 503 either: a deadlock that was tried again until it was given up would be one.
      expect([...account.answers.keys()].filter((kind) => !/^(20|403|404|409)/.test(kind))).toEqual([]);
      expect(account.again).toBe(0);
      const { lost, duplicated, breaches } = await audit(app.database.url, scene, account);
      expect({ lost, duplicated, breaches }).toEqual({ lost: [], duplicated: [], breaches: [] });
      expect(account.acknowledged).toBeGreaterThan(SECONDS * 5);
    },
    SECONDS * 1_000 + 60_000,
  );
});
