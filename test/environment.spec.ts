import { EnvironmentError, readEnvironment } from '../src/config/environment.js';
import { withinEdits } from '../src/config/known-variables.js';
import { defaultEnvironment } from './support/default-environment.js';

const SECRET = 'a-secret-of-thirty-two-characters';
const REQUIRED = { DATABASE_URL: 'postgresql://inbox:pw@localhost/inbox', JWT_SECRET: SECRET };
const ANY_DIRECTORY = { JWT_ISSUER: 'https://x/{tenantid}/v2.0', JWT_TENANT_CLAIM: 'tenant' };
const KEY_SET = {
  JWT_SECRET: undefined,
  JWKS_URL: 'https://id.example.com/keys',
  JWT_ISSUER: 'https://id.example.com',
  JWT_AUDIENCE: 'inbox',
};

const read = (variables: NodeJS.ProcessEnv = {}) => readEnvironment({ ...REQUIRED, ...variables });

function problemsOf(variables: NodeJS.ProcessEnv): string[] {
  try {
    read(variables);
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
  return [];
}

describe('the environment', () => {
  it('needs a database URL and a secret, and has a default for everything else', () => {
    expect(readEnvironment(REQUIRED)).toEqual(defaultEnvironment(REQUIRED.DATABASE_URL, SECRET));
  });

  it('uses variables that are set', () => {
    const environment = read({
      PORT: '0',
      DATABASE_ADMIN_URL: 'postgres://owner@localhost/inbox',
      JWT_ISSUER: 'https://id.example.com',
      JWT_AUDIENCE: 'inbox',
      PRIORITY_ALPHA: '0',
      PRIORITY_BETA: '2.5',
      CORS_ORIGINS: 'https://desk.example.com, http://localhost:5173',
    });
    expect(environment).toMatchObject({
      port: 0,
      database: { url: REQUIRED.DATABASE_URL, adminUrl: 'postgres://owner@localhost/inbox' },
      auth: { issuer: 'https://id.example.com', audience: 'inbox' },
      priority: { alpha: 0, beta: 2.5 },
      corsOrigins: ['https://desk.example.com', 'http://localhost:5173'],
    });
  });

  it('listens on every address in production only', () => {
    expect(read({ NODE_ENV: 'production' }).host).toBe('0.0.0.0');
    expect(read({ NODE_ENV: 'test' }).host).toBe('127.0.0.1');
    expect(read({ NODE_ENV: 'production', HOST: '10.0.0.1' }).host).toBe('10.0.0.1');
  });

  it('counts an empty variable as unset', () => {
    expect(read({ PORT: '', CORS_ORIGINS: ' ', PLATFORM_API_KEY: '' })).toEqual(read());
  });

  it.each<[value: string, trusted: number | string[] | null]>([
    ['', null],
    ['2', 2],
    ['10.0.0.0/8, 2001:db8::1', ['10.0.0.0/8', '2001:db8::1']],
  ])('reads TRUST_PROXY=%s', (value, trusted) => {
    expect(read({ TRUST_PROXY: value }).trustProxy).toEqual(trusted);
  });

  it('lists every problem at once', () => {
    expect(
      problemsOf({ DATABASE_URL: '', PORT: 'http', LOG_LEVEL: 'loud', GRACE_PERIOD_SECONDS: '-1' }),
    ).toEqual([
      'PORT: should be a whole number from 0 to 65535, not "http"',
      'DATABASE_URL: is required, a PostgreSQL URL such as postgresql://user:password@host:5432/inbox',
      'GRACE_PERIOD_SECONDS: should be a whole number from 0 to 2592000, not "-1"',
      'LOG_LEVEL: should be one of fatal, error, warn, info, debug, trace, silent, not "loud"',
    ]);
  });

  it.each([
    ['PORT', '65536'],
    ['PORT', '3000.5'],
    ['PORT', '1e3'],
    ['NODE_ENV', 'prod'],
    ['AUTH_MODE', 'none'],
    ['TRUST_GATEWAY_HEADERS', 'true'],
    ['JWT_CLOCK_TOLERANCE_SECONDS', '301'],
    ['DATABASE_URL', 'mysql://localhost/inbox'],
    ['DATABASE_ADMIN_URL', 'localhost'],
    ['DATABASE_POOLER', 'session'],
    ['DATABASE_POOL_SIZE', '0'],
    ['DATABASE_STATEMENT_TIMEOUT_MS', '15s'],
    ['PRIORITY_ALPHA', '-0.1'],
    ['PRIORITY_BETA', 'NaN'],
    ['SATURATION_SWEEP_INTERVAL_SECONDS', '86401'],
    ['DISTRIBUTION_SWEEP_INTERVAL_SECONDS', '-1'],
    ['STATS_INTERVAL_SECONDS', '0.5'],
    ['WEBHOOK_INTERVAL_SECONDS', '-2'],
    ['METRICS_INTERVAL_SECONDS', '3601'],
    ['METRICS_INBOXES', '-1'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['WEBHOOK_TIMEOUT_SECONDS', '0'],
    ['WEBHOOK_ALLOW_PRIVATE_TARGETS', 'true'],
    ['ALLOCATE_COALESCING', 'off'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'https://desk.example.com/'],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', '*'],
    ['TRUST_PROXY', '0'],
    ['TRUST_PROXY', '17'],
    ['TRUST_PROXY', '1.5'],
    ['TRUST_PROXY', '0.0.0.0/0'],
    ['TRUST_PROXY', '::/0'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', '10.0.0.1, proxy.example.com'],
    ['SHUTDOWN_TIMEOUT_SECONDS', '0'],
    ['SHUTDOWN_DELAY_SECONDS', '30'],
  ])('refuses %s=%s', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([expect.stringMatching(`^${name}: should be `)]);
  });

  it('never prints a value that may be secret', () => {
    const problems = problemsOf({
      DATABASE_URL: 'mysql://inbox:hunter2@localhost',
      JWT_SECRET: 'hunter2',
      PLATFORM_API_KEY: 'hunter2',
      METRICS_TOKEN: 'hunter2',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'us:hunter2@collector',
    });
    expect(problems).toHaveLength(5);
    expect(problems.join()).not.toContain('hunter2');
  });

  it('refuses alpha and beta both 0', () => {
    expect(problemsOf({ PRIORITY_ALPHA: '0', PRIORITY_BETA: '0.0' })).toHaveLength(1);
  });
});

describe('authentication', () => {
  it('needs a secret of 32 characters in jwt mode', () => {
    expect(problemsOf({ JWT_SECRET: undefined })).toEqual([
      'JWT_SECRET: is required with AUTH_MODE=jwt unless JWKS_URL is set; at least 32 characters',
    ]);
    expect(problemsOf({ JWT_SECRET: 'x'.repeat(31) })).toHaveLength(1);
    expect(problemsOf({ JWT_SECRET: 'x'.repeat(32) })).toEqual([]);
  });

  it('accepts a key set instead of a secret, with issuer and audience', () => {
    expect(read(KEY_SET).auth).toEqual({
      mode: 'jwt',
      keys: { url: KEY_SET.JWKS_URL, algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
      issuer: 'https://id.example.com',
      audience: 'inbox',
      ...{ tenantClaim: 'tenant_id', operatorClaim: 'sub', clockToleranceSeconds: 5 },
    });
    expect(read({ ...KEY_SET, JWT_ALGORITHMS: 'ES384, RS512' }).auth).toMatchObject({
      keys: { algorithms: ['ES384', 'RS512'] },
    });
  });

  it.each<[string, NodeJS.ProcessEnv, string]>([
    ['a secret beside it', { JWT_SECRET: SECRET }, 'JWKS_URL: is set together with JWT_SECRET'],
    ['no issuer', { JWT_ISSUER: '' }, 'JWT_ISSUER: is required with JWKS_URL'],
    ['a claim of any directory', ANY_DIRECTORY, 'JWT_TENANT_CLAIM: should be tid, because JWT_ISSUER has '],
    ['no audience', { JWT_AUDIENCE: '' }, 'JWT_AUDIENCE: is required with JWKS_URL'],
    ['an algorithm with a secret', { JWT_ALGORITHMS: 'RS256,HS256' }, 'JWT_ALGORITHMS: should be some of '],
    ['no signature', { JWT_ALGORITHMS: 'none' }, 'JWT_ALGORITHMS: should be some of '],
    ['another protocol', { JWKS_URL: 'file:///etc/keys.json' }, 'JWKS_URL: should be a URL such as '],
    ['no URL', { JWKS_URL: 'id.example.com/keys' }, 'JWKS_URL: should be a URL such as '],
    [
      'a password',
      { JWKS_URL: 'https://a:hunter2@id.example.com/keys' },
      'JWKS_URL: should have no user name',
    ],
  ])('refuses a key set with %s', (_what, variables, problem) => {
    const problems = problemsOf({ ...KEY_SET, ...variables });
    expect(problems).toEqual([expect.stringContaining(problem)]);
    expect(problems.join()).not.toContain('hunter2');
  });

  it('in production fetches keys by http from this machine only', () => {
    const production = { ...KEY_SET, NODE_ENV: 'production' };
    const problem = [expect.stringContaining('JWKS_URL: should begin with https in production')];
    for (const host of ['id.example.com', '127.0.0.1.example.com', 'localhost.example.com', '10.0.0.1']) {
      expect(problemsOf({ ...production, JWKS_URL: `http://${host}/keys` })).toEqual(problem);
      expect(problemsOf({ ...KEY_SET, JWKS_URL: `http://${host}/keys` })).toEqual([]);
    }
    for (const host of ['localhost:8080', '127.0.0.1', '127.1', '[::1]:8080']) {
      expect(problemsOf({ ...production, JWKS_URL: `http://${host}/keys` })).toEqual([]);
    }
  });

  it('refuses algorithms together with a secret', () => {
    expect(problemsOf({ JWT_ALGORITHMS: 'RS256' })).toEqual([
      'JWT_ALGORITHMS: applies only to JWKS_URL: with JWT_SECRET tokens are signed with HS256',
    ]);
  });

  it('needs no secret with trusted-headers', () => {
    const environment = read({ AUTH_MODE: 'trusted-headers', JWT_SECRET: undefined });
    expect(environment.auth).toEqual({ mode: 'trusted-headers', gatewaySecret: null });
  });

  it('accepts trusted-headers in production only with TRUST_GATEWAY_HEADERS', () => {
    const production = { NODE_ENV: 'production', AUTH_MODE: 'trusted-headers' };
    expect(problemsOf(production)).toEqual([expect.stringContaining('TRUST_GATEWAY_HEADERS=yes')]);
    expect(problemsOf({ ...production, TRUST_GATEWAY_HEADERS: 'no' })).toHaveLength(1);
    expect(problemsOf({ ...production, TRUST_GATEWAY_HEADERS: 'yes' })).toEqual([]);
  });

  it.each(['0.0.0.0', '::', '10.0.0.1', 'inbox.internal'])(
    'accepts trusted-headers on %s only with TRUST_GATEWAY_HEADERS',
    (HOST) => {
      const open = { AUTH_MODE: 'trusted-headers', HOST };
      expect(problemsOf(open)).toEqual([expect.stringContaining('TRUST_GATEWAY_HEADERS=yes')]);
      expect(problemsOf({ ...open, TRUST_GATEWAY_HEADERS: 'yes' })).toEqual([]);
    },
  );

  it.each(['localhost', '127.0.0.1', '::1'])('accepts trusted-headers on %s', (HOST) => {
    expect(problemsOf({ AUTH_MODE: 'trusted-headers', HOST })).toEqual([]);
  });

  it.each(['JWT_SECRET', 'PLATFORM_API_KEY', 'METRICS_TOKEN'])(
    'rejects a %s in production that is easy to guess, without showing it',
    (name) => {
      for (const guessable of [
        'x'.repeat(40),
        'abababababababababababababababababab',
        'demo-platform-key-0123456789-0123456789',
        'platform-key-for-development-0123456789',
        'change-me-change-me-change-me-change-me',
      ]) {
        expect(problemsOf({ NODE_ENV: 'production', [name]: guessable })).toEqual([
          expect.stringMatching(new RegExp(`^${name}: is easy to guess`)),
        ]);
        expect(problemsOf({ [name]: guessable })).toEqual([]);
      }
      const random = 'Zr7vQ2m9xT4kWc81LpYd6sHbN0gJfEua';
      expect(problemsOf({ NODE_ENV: 'production', [name]: random })).toEqual([]);
    },
  );

  it('rejects private webhook targets in production', () => {
    const targets = { WEBHOOK_ALLOW_PRIVATE_TARGETS: 'yes' };
    expect(problemsOf({ NODE_ENV: 'production', ...targets })).toEqual([
      expect.stringContaining('WEBHOOK_ALLOW_PRIVATE_TARGETS: is for development'),
    ]);
    expect(problemsOf(targets)).toEqual([]);
  });

  it('accepts a GATEWAY_SECRET only with trusted-headers', () => {
    const secret = { GATEWAY_SECRET: 'Zr7vQ2m9xT4kWc81' };
    expect(problemsOf(secret)).toEqual(['GATEWAY_SECRET: applies only to AUTH_MODE=trusted-headers']);
    expect(problemsOf({ ...secret, AUTH_MODE: 'trusted-headers' })).toEqual([]);
  });
});

describe('misspelt variables', () => {
  it.each([
    ['CORS_ORIGIN', 'CORS_ORIGINS'],
    ['PRIORITY_ALHPA', 'PRIORITY_ALPHA'],
    ['PLATFORM_APIKEY', 'PLATFORM_API_KEY'],
    ['GRACE_PERIOD_SECOND', 'GRACE_PERIOD_SECONDS'],
    ['log_level', 'LOG_LEVEL'],
    ['PROT', 'PORT'],
  ])('for %s suggests %s', (misspelt, meant) => {
    expect(problemsOf({ [misspelt]: 'x' })).toEqual([
      `${misspelt}: is not a variable of this service, did you mean ${meant}?`,
    ]);
  });

  it('names the misspelt variable beside the missing one', () => {
    expect(problemsOf({ DATABASE_URL: undefined, DATABSE_URL: REQUIRED.DATABASE_URL })).toHaveLength(2);
  });

  it('ignores it when the known one is set', () => {
    expect(problemsOf({ DATABASE_URI: 'x', CORS_ORIGIN: 'x', CORS_ORIGINS: 'http://localhost' })).toEqual([]);
  });

  it.each(['HOME', 'PATH', 'POST', 'HOSTS', 'HOSTNAME', 'PWD', 'AUTH_PORT', 'DATABASE_PORT', 'NODE_PATH'])(
    'ignores %s',
    (name) => {
      expect(problemsOf({ [name]: 'x' })).toEqual([]);
    },
  );

  it.each(['GRACE_EXPIRY_INTERVAL_SECONDS', 'IDEMPOTENCY_TTL_HOURS', 'RATE_LIMIT_PER_MINUTE'])(
    'knows the documented variable %s',
    (name) => {
      expect(problemsOf({ [name]: '5' })).toEqual([]);
    },
  );

  it('counts two swapped letters as one edit', () => {
    expect(withinEdits('PRIORITY_ALHPA', 'PRIORITY_ALPHA', 1)).toBe(true);
    expect(withinEdits('PRIORTY_ALHPA', 'PRIORITY_ALPHA', 1)).toBe(false);
    expect(withinEdits('PRIORTY_ALHPA', 'PRIORITY_ALPHA', 2)).toBe(true);
  });
});
