/** A variable that `npm test` sets for the tests. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run the tests with "npm test"`);
  return value;
}

export const PLATFORM_KEY = 'test-platform-key-0123456789';

/** The pooler that this run requests. */
export const POOLER = process.env['TEST_POOLER'] ?? '';

/** The address of the database for services under test. Only this function knows about a pooler. */
function connectionTo(databaseUrl: string): Record<string, string> {
  if (POOLER === '') return { DATABASE_URL: asService(databaseUrl), DATABASE_ADMIN_URL: databaseUrl };
  const pooled = new URL(setting('TEST_POOLER_URL'));
  pooled.pathname = new URL(databaseUrl).pathname;
  return { DATABASE_URL: pooled.href, DATABASE_ADMIN_URL: databaseUrl, DATABASE_POOLER: 'transaction' };
}

/** The same database with the login of the service, which db:run made. */
export function asService(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  const login = new URL(setting('TEST_SERVICE_URL'));
  url.username = login.username;
  url.password = login.password;
  return url.href;
}

/**
 * Variables of services that connect directly even in a run with a pooler: behind the test's own proxy, with time
 * limits that the login does not have, or on another server.
 */
export function direct(databaseUrl: string): Record<string, string> {
  return { DATABASE_URL: databaseUrl, DATABASE_ADMIN_URL: databaseUrl, DATABASE_POOLER: 'none' };
}

/** The environment of a service under test, in gateway mode unless changed. */
export function serviceVariables(
  databaseUrl: string,
  changes: Record<string, string> = {},
): Record<string, string> {
  return {
    NODE_ENV: 'test',
    // The most detailed level, because a test searches the logs for secrets.
    LOG_LEVEL: 'trace',
    HOST: '127.0.0.1',
    PORT: '0',
    ...connectionTo(databaseUrl),
    AUTH_MODE: 'trusted-headers',
    PLATFORM_API_KEY: PLATFORM_KEY,
    RATE_LIMIT_PER_MINUTE: '0',
    RATE_LIMIT_TENANT_PER_MINUTE: '0',
    // All tests come from one address.
    FAILED_AUTHENTICATIONS_PER_SECOND: '0',
    // Sweeps run when a test calls them.
    SATURATION_SWEEP_INTERVAL_SECONDS: '0',
    // It cannot be 0, because a change of weights must always finish.
    RERANK_INTERVAL_SECONDS: '86400',
    UNFINISHED_CHANGES_INTERVAL_SECONDS: '86400',
    SEARCH_INDEX_INTERVAL_SECONDS: '0',
    SECRET_REWRITE_INTERVAL_SECONDS: '0',
    DISTRIBUTION_SWEEP_INTERVAL_SECONDS: '0',
    GRACE_EXPIRY_INTERVAL_SECONDS: '0',
    WAIT_SWEEP_INTERVAL_SECONDS: '0',
    PRESENCE_SWEEP_INTERVAL_SECONDS: '0',
    STATS_INTERVAL_SECONDS: '0',
    OUTLOOK_INTERVAL_SECONDS: '0',
    CLEAN_UP_INTERVAL_SECONDS: '0',
    WEBHOOK_INTERVAL_SECONDS: '0',
    ...changes,
  };
}
