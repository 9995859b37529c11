import { Client as Session } from 'pg';
import { verifyTenant } from '../src/verification/find-breaches.js';
import { MINUTES, SEED } from './support/chance.js';
import { Account } from './support/chaos/account.js';
import { audit, type Audit } from './support/chaos/audit.js';
import { Client } from './support/chaos/client.js';
import { FAULTS, strike } from './support/chaos/faults.js';
import { FeedReader } from './support/chaos/feed-reader.js';
import { Fleet } from './support/chaos/fleet.js';
import { HostileNeighbour } from './support/chaos/neighbour.js';
import { heard } from './support/chaos/heard.js';
import { setScene, type Scene } from './support/chaos/scene.js';
import { StreamFollower } from './support/chaos/stream-follower.js';
import { summary } from './support/chaos/summary.js';
import { clock, say } from './support/fuzz/rounds.js';
import { Luck } from './support/luck.js';
import { until } from './support/until.js';

/** Each kind of fault once, unless there are minutes to fill. */
const LEAST_FAULTS = Object.keys(FAULTS).length;
const LASTS_MS = (MINUTES ?? 0) * 60_000;
const INSTANCES = MINUTES === null ? 2 : 3;
const CLIENTS = 8;
const NOTHING_AMISS = { missing: [], twice: 0, isInOrder: true };

let fleet: Fleet;
let stream: StreamFollower | undefined;
beforeAll(async () => {
  fleet = await Fleet.start(INSTANCES);
}, 120_000);
afterAll(async () => {
  stream?.abandon();
  await fleet.stop();
}, 60_000);

describe(`while everything fails, beside a hostile neighbour (TEST_SEED=${SEED})`, () => {
  it(
    'loses and repeats nothing acknowledged, and sends every entry to every reader',
    async () => {
      const scene = await setScene(fleet.urls[0]!);
      const account = new Account();
      const luck = new Luck(SEED);
      const neighbour = await HostileNeighbour.settle(fleet);
      const feed = new FeedReader(fleet, scene);
      stream = new StreamFollower(fleet, scene);
      const begun = Date.now();
      let isGivenUp = false;
      const isOver = () => isGivenUp;
      const areEnough = (count: number) => count >= LEAST_FAULTS && Date.now() > begun + LASTS_MS;
      if (MINUTES !== null) say(`chaos for ${MINUTES} minutes, TEST_SEED=${SEED}`);
      const clients = Array.from(
        { length: CLIENTS },
        (_, i) => new Client(`client-${i}`, fleet, scene, account, luck.another()),
      );

      const following = stream.follow();
      const work = [
        ...clients.map((client) => client.runUntil(isOver)),
        feed.followUntil(isOver),
        neighbour.runUntil(isOver),
      ];
      const tell = (fault: string) => {
        if (MINUTES !== null)
          say(
            `${clock(Date.now() - begun)} of ${clock(LASTS_MS)}, ${account.operations} operations, ${account.acknowledged} acknowledged writes: ${fault}`,
          );
      };
      const faults = await strike(fleet, luck, areEnough, tell).finally(() => {
        isGivenUp = true;
        return fleet.heal();
      });
      await Promise.all(work);
      // If it never is, the audit says why.
      await until(() => isSettled(scene), 30_000).catch(() => undefined);
      const found = await audit(fleet.postgres.url, scene, account);
      const { length } = await ledgerOf(scene);
      await Promise.all([feed.catchUp(length), stream.leave(length), following]);
      const ledger = await ledgerOf(scene);
      const told = { feed: heard(ledger, feed.ids), stream: heard(ledger, stream.ids) };
      say(summary({ seed: SEED, account, faults, found, told }));

      expect(unexpected(account)).toEqual([]);
      expect(firstOf(found)).toEqual({ lost: [], duplicated: [], breaches: [] });
      expect(told).toEqual({ feed: NOTHING_AMISS, stream: NOTHING_AMISS });
      expect([...neighbour.unexpected]).toEqual([]);
      expect(neighbour.attacks).toBeGreaterThan(10);
      // A run that asked for little, or met little, would prove little.
      const met = [...faults.values()].reduce((sum, count) => sum + count);
      expect([...faults.keys()].sort()).toEqual(Object.keys(FAULTS).sort());
      expect(met).toBeGreaterThanOrEqual(LASTS_MS / 5_000);
      expect(account.acknowledged).toBeGreaterThan(met);
    },
    LASTS_MS + 240_000,
  );
});

/** Whatever goes wrong, nobody is told that it is their fault, or that nobody foresaw it. */
function unexpected(account: Account): string[] {
  return [...account.responses.keys()].filter((kind) => !/^(2|403|404|409|503|no response)/.test(kind));
}

function firstOf({ lost, duplicated, breaches }: Audit) {
  return { lost: lost.slice(0, 5), duplicated: duplicated.slice(0, 5), breaches: breaches.slice(0, 5) };
}

/**
 * Nothing will be written any more: no grace period runs, and no conversation waits for the distribution that follows
 * the end of one.
 */
async function isSettled(scene: Scene): Promise<boolean> {
  const running = await rows('select from deadlines where tenant_id = $1', scene);
  if (running.length > 0) return false;
  const owner = new Session({ connectionString: fleet.postgres.url });
  await owner.connect();
  try {
    return (await verifyTenant(owner, scene.tenantId, { finding: () => undefined })) === 0;
  } finally {
    await owner.end();
  }
}

/** In the order of the feed; what nobody has read yet comes last. */
async function ledgerOf(scene: Scene): Promise<string[]> {
  const entries = await rows<{ id: string }>(
    `select e.id from conversation_events e
    left join feed_positions p on p.tenant_id = $1 and p.event_id = e.id
    where e.tenant_id = $1 order by p.position`,
    scene,
  );
  return entries.map(({ id }) => id);
}

async function rows<Row extends object>(text: string, { tenantId }: Scene): Promise<Row[]> {
  const owner = new Session({ connectionString: fleet.postgres.url });
  await owner.connect();
  try {
    return (await owner.query<Row>(text, [tenantId])).rows;
  } finally {
    await owner.end();
  }
}
