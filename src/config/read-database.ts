import { readEnvironment, type DatabaseEnvironment } from './environment.js';

/**
 * Where the database is, for commands that work as its owner. One address is enough for them. Who may call the service
 * makes no difference there, so nobody has to hand over its secrets.
 * @throws EnvironmentError with every problem
 */
export function readDatabaseForOwner(source: NodeJS.ProcessEnv): DatabaseEnvironment {
  return readEnvironment({
    ...source,
    DATABASE_URL: source['DATABASE_URL'] || source['DATABASE_ADMIN_URL'],
    AUTH_MODE: 'trusted-headers',
    TRUST_GATEWAY_HEADERS: 'yes',
  }).database;
}
