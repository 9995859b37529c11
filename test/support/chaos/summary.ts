import type { Account } from './account.js';
import type { Audit } from './audit.js';
import type { Heard } from './heard.js';

export interface Outcome {
  readonly seed: number;
  readonly account: Account;
  readonly faults: ReadonlyMap<string, number>;
  readonly found: Audit;
  /** The ledger compared with what each follower got. */
  readonly told: Readonly<Record<string, Heard>>;
}

/** The outcome as a table. */
export function summary({ seed, account, faults, found, told }: Outcome): string {
  const sum = (counts: ReadonlyMap<string, number>) =>
    [...counts.values()].reduce((sofar, count) => sofar + count, 0);
  const sorted = (counts: ReadonlyMap<string, number>) => [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  const rows: [string, number][] = [
    ['operations', account.operations],
    ['asked again', account.again],
    ...sorted(account.responses).map(([kind, count]): [string, number] => [`  ${kind}`, count]),
    ['faults', sum(faults)],
    ...sorted(faults).map(([name, count]): [string, number] => [`  ${name}`, count]),
    ['acknowledged writes', account.acknowledged],
    ['lost', found.lost.length],
    ['duplicated', found.duplicated.length],
    ['breaches of invariants', found.breaches.length],
    ['entries of the ledger', found.entries],
    ...Object.entries(told).flatMap(([who, { missing, twice }]): [string, number][] => [
      [`  missing in the ${who}`, missing.length],
      [`  twice in the ${who}`, twice],
    ]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(
    ([name, count]) => `${name.padEnd(width)}  ${count.toLocaleString('en').padStart(9)}`,
  );
  return [`TEST_SEED=${seed}`, ...lines].join('\n');
}
