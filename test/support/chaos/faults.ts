import { Client } from 'pg';
import { says, type Fate } from '../faults/tcp-proxy.js';
import type { Fleet, Slot } from './fleet.js';
import type { Luck } from '../luck.js';

/** The faults. Each starts, lasts for some time, and ends. */
type Fault = (fleet: Fleet, slot: Slot, luck: Luck) => Promise<void>;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const HOUR_MS = 3_600_000;

async function restarted(slot: Slot, luck: Luck): Promise<void> {
  await pause(luck.between(50, 500));
  await slot.start(luck.oneOf([0, 0, HOUR_MS, -HOUR_MS]));
}

/** A fault of the slot's connections, for some time. */
const saying =
  (fateOf: (luck: Luck) => (said: Buffer) => Fate): Fault =>
  async (_, { proxy }, luck) => {
    proxy.fateOf = fateOf(luck);
    await pause(luck.between(300, 1_500));
    proxy.heal();
  };

export const FAULTS: Readonly<Record<string, Fault>> = {
  'instance killed': async (_, slot, luck) => {
    await slot.stop('SIGKILL');
    await restarted(slot, luck);
  },
  'instance stopped': async (_, slot, luck) => {
    const code = await slot.stop('SIGTERM');
    if (code !== 0) throw new Error(`an instance that was told to stop ended with ${code}`);
    await restarted(slot, luck);
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
 * Causes faults one after the other, each kind once before any repeats.
 * @param isOver gets the number of faults so far
 * @returns the number of each kind
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
    await FAULTS[name]!(fleet, luck.oneOf(fleet.slots), luck);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    await pause(luck.between(50, 400));
  }
  return counts;
}
