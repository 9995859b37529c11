/**
 * The slowest files, measured on two processors. They start first, so that the run does not wait for one at the end.
 */
const LONGEST = [
  'rate-limits',
  'migrate',
  'tracing',
  'state-machine',
  'fuzz',
  'concurrency',
  'verify',
  'model',
  'webhook-instances',
  'roles',
  'role-matrix',
  'secret-rotation',
  'demo',
  'distribution-races',
  'plans',
  'allocate-together',
  'forged-cursors',
  'jobs',
  'exact-choice',
  'tenancy-application-alone',
  'grace-races',
  'adoption',
  'trusted-proxies',
  'tenancy-database-alone',
];

/** Jest itself orders by the last run, or by the size of files, which says little about their duration. */
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
    // The order does not depend on results.
  }
};
