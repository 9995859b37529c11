import { Account } from './support/chaos/account.js';
import { audit } from './support/chaos/audit.js';
import { Client } from './support/chaos/client.js';
import { Fleet } from './support/chaos/fleet.js';
import { Luck } from './support/luck.js';
import { setScene } from './support/chaos/scene.js';
import { ask, askUntil } from './support/faults/ask.js';
import { until } from './support/until.js';

const CLIENTS = 8;
const KILLS = 3;

describe('case 11: PostgreSQL is killed under load', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await Fleet.start(1);
  }, 60_000);
  afterAll(() => fleet.stop(), 60_000);

  it('and restarts: /ready is 503 meanwhile, the process lives, and nothing acknowledged is lost', async () => {
    const [place] = fleet.slots;
    const { url, process } = place!.service!;
    const scene = await setScene(url);
    const account = new Account();
    let isOver = false;
    const clients = Array.from({ length: CLIENTS }, (_, i) => {
      return new Client(`client-${i}`, fleet, scene, account, new Luck(i + 1)).runUntil(() => isOver);
    });
    const untilReady = (status: number) =>
      askUntil(
        (told) => told.status === status,
        () => ask('GET', `${url}/ready`),
      );
    try {
      for (let kill = 1; kill <= KILLS; kill++) {
        const before = account.acknowledged;
        await until(() => account.acknowledged >= before + 100);
        await fleet.postgres.kill();

        expect(await untilReady(503)).toMatchObject({
          retryAfter: 1,
          body: { code: 'DATABASE_UNAVAILABLE' },
        });
        expect((await ask('GET', `${url}/health`)).status).toBe(200);

        await fleet.restartPostgres();
        await untilReady(200);
      }
    } finally {
      isOver = true;
      await Promise.all(clients);
    }

    expect(process.exitCode).toBeNull();
    expect([...account.responses.keys()].filter((kind) => kind.startsWith('500'))).toEqual([]);
    expect(account.again).toBeGreaterThan(0);
    const { lost, duplicated, breaches } = await audit(fleet.postgres.url, scene, account);
    expect({ lost, duplicated, breaches }).toEqual({ lost: [], duplicated: [], breaches: [] });
  }, 120_000);
});
