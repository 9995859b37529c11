import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { parse } from 'yaml';
import { configurationPage, DEVELOPMENT, envExample } from '../scripts/environment-documents.mjs';
import { readEnvironment } from '../src/config/environment.js';
import { KNOWN_VARIABLES } from '../src/config/known-variables.js';
import { RULES } from '../src/config/rules.js';
import { SECTIONS } from '../src/config/variables.js';
import { SERVICE_LOGIN } from '../src/database/roles.js';

const REQUIRED = {
  DATABASE_URL: 'postgresql://inbox:pw@localhost/inbox',
  JWT_SECRET: 'a-secret-of-thirty-two-characters',
};

type Compose = Record<'services', Record<'migrate' | 'app', { environment: Record<string, string> }>>;

describe('.env.example', () => {
  const text = readFileSync('.env.example', 'utf8');
  const example = parseEnv(text);

  it('is up to date with the table of variables', () => {
    expect(text).toBe(envExample(SECTIONS));
  });

  it('has the defaults, except for the caller in development', () => {
    expect(readEnvironment({ ...example, ...REQUIRED, AUTH_MODE: '' })).toEqual(readEnvironment(REQUIRED));
  });

  it('needs only the addresses of docker-compose.yml, which it names', () => {
    const compose = parse(readFileSync('docker-compose.yml', 'utf8')) as Compose;
    const inside = compose.services.migrate.environment;
    const addresses = parseEnv(text.match(/(?<=^# +)DATABASE_(ADMIN_)?URL=.*$/gm)?.join('\n') ?? '');
    expect(addresses).toEqual({
      DATABASE_URL: inside['DATABASE_URL']?.replace('@postgres:', '@127.0.0.1:'),
      DATABASE_ADMIN_URL: inside['DATABASE_ADMIN_URL']?.replace('@postgres:', '@127.0.0.1:'),
    });
    expect(readEnvironment({ ...example, ...addresses })).toMatchObject({
      nodeEnv: 'development',
      auth: { mode: 'trusted-headers' },
      database: { url: addresses['DATABASE_URL'], adminUrl: addresses['DATABASE_ADMIN_URL'] },
    });
  });

  it('is refused in production without changes', () => {
    expect(() => readEnvironment({ ...example, ...REQUIRED, NODE_ENV: 'production' })).toThrow(
      'AUTH_MODE: trusted-headers is not allowed in production',
    );
  });
});

describe('docs/configuration.md', () => {
  it('is up to date with the table of variables', () => {
    expect(readFileSync('docs/configuration.md', 'utf8')).toBe(configurationPage(SECTIONS, RULES));
  });

  /** What the machine sets, and what the test run hands to its own parts. */
  const NOT_FOR_PEOPLE =
    /^(PATH|HOME|npm_lifecycle_event|TEST_(ADMIN_URL|SERVICE_URL|TEMPLATE_DATABASE|DATABASE_PREFIX|POOLER_URL|LOGS_OF)|MODULES_FILE|CLOCK_SHIFT_MS)$/;

  it('has exactly the variables that the code reads', () => {
    const read = new Set<string>();
    for (const file of ['src', 'scripts', 'test', 'bench'].flatMap(filesBelow)) {
      const reads = readFileSync(file, 'utf8').matchAll(
        /process\.env(?:\.|\[')(\w+)|\b(?:setting|wholeNumber)\('([A-Z][A-Z_]+)'/g,
      );
      for (const [, direct, named] of reads) read.add(direct ?? named ?? '');
    }
    const forPeople = [...read].filter((name) => !NOT_FOR_PEOPLE.test(name));
    const unknown = forPeople.filter((name) => !KNOWN_VARIABLES.includes(name) && !(name in DEVELOPMENT));
    expect(unknown).toEqual([]);
    expect(Object.keys(DEVELOPMENT).filter((name) => !read.has(name))).toEqual([]);
  });
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mjs|cjs)$/.test(name))
    .map((name) => join(folder, name));
}

describe('docker-compose.yml', () => {
  const { services } = parse(readFileSync('docker-compose.yml', 'utf8')) as Compose;

  it('starts the service with the login that owns nothing', () => {
    const { migrate, app } = services;
    expect(readEnvironment(app.environment).database.url).toBe(migrate.environment['DATABASE_URL']);
    expect(app.environment).not.toHaveProperty('DATABASE_ADMIN_URL');
    expect(new URL(migrate.environment['DATABASE_URL'] ?? '').username).toBe(SERVICE_LOGIN);
  });
});
