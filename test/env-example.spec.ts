import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { parse } from 'yaml';
import { readEnvironment } from '../src/config/environment.js';
import { READ_VARIABLES } from '../src/config/known-variables.js';
import { SERVICE_LOGIN } from '../src/database/roles.js';

const REQUIRED = {
  DATABASE_URL: 'postgresql://inbox:pw@localhost/inbox',
  JWT_SECRET: 'a-secret-of-thirty-two-characters',
};

type Compose = Record<'services', Record<'migrate' | 'app', { environment: Record<string, string> }>>;

describe('.env.example', () => {
  const text = readFileSync('.env.example', 'utf8');
  const example = parseEnv(text);

  it('has a line for every variable that is read, and no others', () => {
    expect(Object.keys(example).sort()).toEqual([...READ_VARIABLES].sort());
  });

  it('shows the defaults, but for who is calling while one develops', () => {
    expect(readEnvironment({ ...example, ...REQUIRED, AUTH_MODE: '' })).toEqual(readEnvironment(REQUIRED));
  });

  it('needs nothing but the addresses of docker-compose.yml, which it names', () => {
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

  it('is refused in production as it is', () => {
    expect(() => readEnvironment({ ...example, ...REQUIRED, NODE_ENV: 'production' })).toThrow(
      'AUTH_MODE: trusted-headers is refused in production',
    );
  });
});

describe('docker-compose.yml', () => {
  const { services } = parse(readFileSync('docker-compose.yml', 'utf8')) as Compose;

  it('starts a service that knows only the login that owns nothing', () => {
    const { migrate, app } = services;
    expect(readEnvironment(app.environment).database.url).toBe(migrate.environment['DATABASE_URL']);
    expect(app.environment).not.toHaveProperty('DATABASE_ADMIN_URL');
    expect(new URL(migrate.environment['DATABASE_URL'] ?? '').username).toBe(SERVICE_LOGIN);
  });
});
