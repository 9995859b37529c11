import { existsSync, readFileSync } from 'node:fs';

/**
 * How long the main threads of these processes were ready to run and waited for a processor. That is what other work of
 * the machine takes, and not what the service does. Only Linux says it; elsewhere it is 0.
 */
export function runDelayMs(...pids: (number | undefined)[]): number {
  return pids
    .map((pid) => `/proc/${pid}/task/${pid}/schedstat`)
    .filter((file) => existsSync(file))
    .map((file) => Number(readFileSync(file, 'utf8').split(' ')[1]) / 1e6)
    .reduce((sum, delay) => sum + delay, 0);
}
