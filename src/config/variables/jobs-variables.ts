import { wholeNumber } from '../kinds.js';
import type { VariableTree } from '../variable.js';

const DAY_SECONDS = 24 * 60 * 60;

export const JOBS = {
  graceExpiryIntervalSeconds: {
    name: 'GRACE_EXPIRY_INTERVAL_SECONDS',
    kind: wholeNumber(0, DAY_SECONDS),
    default: '5',
    about: 'Ends the deadlines that are due: grace periods, and those to accept, to reply and to park',
  },
  waitSweepIntervalSeconds: {
    name: 'WAIT_SWEEP_INTERVAL_SECONDS',
    kind: wholeNumber(0, DAY_SECONDS),
    default: '5',
    about:
      'Reports waits that are longer than the target of their inbox, and inboxes in which nobody is there for what waits',
  },
  presenceSweepIntervalSeconds: {
    name: 'PRESENCE_SWEEP_INTERVAL_SECONDS',
    kind: wholeNumber(0, DAY_SECONDS),
    default: '5',
    about: 'Makes operators OFFLINE whose presence has ended',
  },
  saturationSweepIntervalSeconds: {
    name: 'SATURATION_SWEEP_INTERVAL_SECONDS',
    kind: wholeNumber(0, DAY_SECONDS),
    default: '30',
    about: 'Marks conversations that have waited longer than the delay cap',
  },
  rerankIntervalSeconds: {
    name: 'RERANK_INTERVAL_SECONDS',
    kind: wholeNumber(1, DAY_SECONDS),
    default: '30',
    about: 'Completes changes of weights that a stopped instance left unfinished',
  },
  unfinishedChangesIntervalSeconds: {
    name: 'UNFINISHED_CHANGES_INTERVAL_SECONDS',
    kind: wholeNumber(1, DAY_SECONDS),
    default: '10',
    about: 'Completes large changes that a stopped instance left unfinished, such as the deletion of a label',
  },
  searchIndexIntervalSeconds: {
    name: 'SEARCH_INDEX_INTERVAL_SECONDS',
    kind: wholeNumber(0, DAY_SECONDS),
    default: '5',
    about:
      'Adds new conversations to the index of the search by parts. A search adds the newest 250 of its tenant itself',
  },
  secretRewriteIntervalSeconds: {
    name: 'SECRET_REWRITE_INTERVAL_SECONDS',
    kind: wholeNumber(0, DAY_SECONDS),
    default: '300',
    about:
      'Encrypts secrets with the first key of `SECRETS_KEY` that lie in the database in clear or under a former key',
  },
  distributionSweepIntervalSeconds: {
    name: 'DISTRIBUTION_SWEEP_INTERVAL_SECONDS',
    kind: wholeNumber(0, DAY_SECONDS),
    default: '10',
    about: 'Distributes waiting conversations of push inboxes that a stopped instance left behind',
  },
  outlookIntervalSeconds: {
    name: 'OUTLOOK_INTERVAL_SECONDS',
    kind: wholeNumber(0, 30),
    default: '10',
    about:
      'Learns how fast conversations are taken, for expected waits. Only in tenants that ask for outlooks',
  },
  statsIntervalSeconds: {
    name: 'STATS_INTERVAL_SECONDS',
    kind: wholeNumber(0, DAY_SECONDS),
    default: '2',
    about: 'Folds the ledger into the statistics. Without it they stay exact but become slower',
  },
  cleanUpIntervalSeconds: {
    name: 'CLEAN_UP_INTERVAL_SECONDS',
    kind: wholeNumber(0, DAY_SECONDS),
    default: '3600',
    about:
      'Deletes expired responses and message ids older than seven days, and erases customers after the `retentionDays` of their tenant',
  },
} as const satisfies VariableTree;
