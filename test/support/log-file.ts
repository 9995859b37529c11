import { randomUUID } from 'node:crypto';
import { appendFileSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setting } from './settings.js';

/** The file with values that logs must not contain. Each line is a list in JSON. */
export const SECRETS = 'secrets';

export interface LogFile {
  write(text: string | Uint8Array): void;
}

/** The log file of a service under test. A test reads all of them after the suite. */
export function logFile(variables: Record<string, string>): LogFile {
  const directory = setting('TEST_LOG_DIRECTORY');
  appendFileSync(join(directory, SECRETS), `${JSON.stringify(secretsOf(variables))}\n`);
  // It stays open, because the service may log after its stop.
  const file = openSync(join(directory, `${randomUUID()}.log`), 'a');
  return { write: (text) => void writeSync(file, text as string) };
}

function secretsOf(variables: Record<string, string>) {
  const {
    DATABASE_URL = '',
    DATABASE_ADMIN_URL = DATABASE_URL,
    JWT_SECRET = '',
    PLATFORM_API_KEY = '',
    SECRETS_KEY = '',
  } = variables;
  const passwords = [DATABASE_URL, DATABASE_ADMIN_URL].map((url) => {
    const { username, password } = new URL(url);
    // In CI the password of the temporary database is the name of its user.
    return password === username ? '' : decodeURIComponent(password);
  });
  const keys = SECRETS_KEY.split(',').map((entry) => entry.split(':')[1] ?? '');
  const secrets = [JWT_SECRET, PLATFORM_API_KEY, ...keys, ...passwords];
  return secrets.filter((secret) => secret !== '');
}
