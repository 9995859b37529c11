import { randomUUID } from 'node:crypto';
import { appendFileSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setting } from './settings.js';

/** What the services under test were told and must not tell. One list in JSON a line. */
export const SECRETS = 'secrets';

export interface LogFile {
  write(text: string | Uint8Array): void;
}

/** A file for what one service under test has to say. After the suite all of them are read. */
export function logFile(variables: Record<string, string>): LogFile {
  const directory = setting('TEST_LOG_DIRECTORY');
  appendFileSync(join(directory, SECRETS), `${JSON.stringify(secretsOf(variables))}\n`);
  // Never closed: something may be said after the service has stopped, and the process soon ends.
  const file = openSync(join(directory, `${randomUUID()}.log`), 'a');
  return { write: (text) => void writeSync(file, text as string) };
}

function secretsOf(variables: Record<string, string>) {
  const {
    DATABASE_URL = '',
    DATABASE_ADMIN_URL = DATABASE_URL,
    JWT_SECRET = '',
    PLATFORM_API_KEY = '',
  } = variables;
  const passwords = [DATABASE_URL, DATABASE_ADMIN_URL].map((url) => {
    const { username, password } = new URL(url);
    // In CI the password of the throwaway database is the name of its user.
    return password === username ? '' : decodeURIComponent(password);
  });
  const secrets = [JWT_SECRET, PLATFORM_API_KEY, ...passwords];
  return secrets.filter((secret) => secret !== '');
}
