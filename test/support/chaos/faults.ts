import { Client } from 'pg';
import { says, type Fate } from '../faults/tcp-proxy.js';
import type { Fleet, Place } from './fleet.js';
import type { Luck } from '../luck.js';

/** What goes wrong. Each begins it, lets some time pass, and ends it. */
type Fault = (fleet: Fleet, place: Place, luck: Luck) => Promise<void>;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const HOUR_MS = 3_600_000;

async function restarted(place: Place, luck: Luck): Promise<void> {
  await pause(luck.between(50, 500));
  await place.start(luck.oneOf([0, 0, HOUR_MS, -HOUR_MS]));
}

/** Something about what connections of the place say, for a while. */
const saying =
  (fateOf: (luck: Luck) => (said: Buffer) => Fate): Fault =>
  async (_, { proxy }, luck) => {
    proxy.fateOf = fateOf(luck);
    await pause(luck.between(300, 1_500));
    proxy.heal();
  };

export const FAULTS: Readonly<Record<string, Fault>> = {
  'instance killed': async (_, place, luck) => {
    await place.stop('SIGKILL');
    await restarted(place, luck);
  },
  'instance stopped': async (_, place, luck) => {
    const code = await place.stop('SIGTERM');
    if (code !== 0) throw new Error(`an instance that was told to stop ended with ${code}`);
    await restarted(place, luck);
  },
  'connections cut': async (_, { proxy }, luck) => {
    for (let i = luck.between(1, 5); i > 0; i--) {
      proxy.cut();
      await pause(luck.between(20, 200));
    }
  },
  'connections cut in mid-sentence': saying((luck) => () => (luck.happens(0.05) ? 'cut' : 'pass')),
  'silence during COMMIT': saying(
    (luck) => (said) => (says(said, 'COMMIT') && luck.happens(0.3) ? luck.oneOf(['mute', 'deaf']) : 'pass'),
  ),
  silence: async (_, { proxy }, luck) => {
    proxy.blackHole();
    await pause(luck.between(300, 2_500));
    proxy.heal();
  },
  'slow network': async (_, { proxy }, luck) => {
    proxy.delayMs = luck.between(20, 120);
    await pause(luck.between(500, 1_500));
    proxy.delayMs = 0;
  },
  'sessions ended': async ({ postgres }, _, luck) => {
    const owner = new Client({ connectionString: postgres.url });
    owner.on('error', () => undefined);
    await owner.connect();
    for (let i = luck.between(3, 10); i > 0; i--) {
      await owner.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle' limit 3`,
      );
      await pause(luck.between(5, 60));
    }
    await owner.end();
  },
  'PostgreSQL killed': async (fleet, _, luck) => {
    await fleet.postgres.kill();
    await pause(luck.between(100, 800));
    await fleet.restartPostgres();
  },
};

/**
 * One after the other, all kinds before one comes again.
 * @param isOver asked with how many there were
 * @returns how many there were of each
 */
export async function strike(
  fleet: Fleet,
  luck: Luck,
  isOver: (faults: number) => boolean,
  tell: (name: string) => void,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const left: string[] = [];
  for (let faults = 0; !isOver(faults); faults++) {
    if (left.length === 0) left.push(...Object.keys(FAULTS));
    const [name] = left.splice(luck.between(0, left.length - 1), 1) as [string];
    tell(name);
    await FAULTS[name]!(fleet, luck.oneOf(fleet.places), luck);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    await pause(luck.between(50, 400));
  }
  return counts;
}
