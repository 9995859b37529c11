import { wholeNumber } from '../kinds.js';
import type { VariableTree } from '../variable.js';

const DAY_SECONDS = 24 * 60 * 60;

export const JOBS = {
  graceExpiryIntervalSeconds: {
    name: 'GRACE_EXPIRY_INTERVAL_SECONDS',
    kind: wholeNumber(0, DAY_SECONDS),
    default: '5',
    about: 'Queues again what absent operators hold for too long',
  },
  saturationSweepIntervalSeconds: {
    name: 'SATURATION_SWEEP_INTERVAL_SECONDS',
    kind: wholeNumber(0, DAY_SECONDS),
    default: '30',
    about: 'Marks conversations that waited past the delay cap',
  },
  rerankIntervalSeconds: {
    name: 'RERANK_INTERVAL_SECONDS',
    kind: wholeNumber(1, DAY_SECONDS),
    default: '30',
    about: 'Goes on with what a change of weights left unfinished when its instance died',
  },
  distributionSweepIntervalSeconds: {
    name: 'DISTRIBUTION_SWEEP_INTERVAL_SECONDS',
    kind: wholeNumber(0, DAY_SECONDS),
    default: '10',
    about: 'Distributes what an instance that died left waiting in push inboxes',
  },
  statsIntervalSeconds: {
    name: 'STATS_INTERVAL_SECONDS',
    kind: wholeNumber(0, DAY_SECONDS),
    default: '2',
    about: 'Folds the ledger into the statistics. Without it they are exact all the same, but slower',
  },
  cleanUpIntervalSeconds: {
    name: 'CLEAN_UP_INTERVAL_SECONDS',
    kind: wholeNumber(0, DAY_SECONDS),
    default: '3600',
    about: 'Deletes expired responses, and message ids older than seven days',
  },
} as const satisfies VariableTree;
