/** What takes longest alone, by a run on two processors; begun last, one of them would be waited for. */
const LONGEST = [
  'exact-choice',
  'model',
  'fuzz',
  'webhook-instances',
  'stream-faults',
  'concurrency',
  'verify',
  'plans',
  'adoption',
  'tracing',
  'stream-many',
  'activity-fold',
  'migrate',
  'distribution-races',
  'faults-connection',
  'chaos',
  'distribution',
  'allocate-together',
  'state-machine',
  'shuffled',
  'tenancy',
];

/** Jest's own order goes by the last run, and without one by the size of files, which says little of how long they take. */
module.exports = class LongestFirst {
  sort(tests) {
    const rank = ({ path }) => {
      const at = LONGEST.findIndex((name) => path.endsWith(`/test/${name}.spec.ts`));
      return at === -1 ? LONGEST.length : at;
    };
    return [...tests].sort((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : 1));
  }

  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {
    // The order does not go by results.
  }
};
