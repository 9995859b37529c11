import { randomUUID } from 'node:crypto';
import type { TestDatabase } from './database.js';
import { setting } from './settings.js';

export interface User {
  readonly name: string;
  /** Of the database, with this user and without a pooler. */
  readonly url: string;
  drop(): Promise<void>;
}

/**
 * A login for one test, made by SQL that is written for `inbox_service`. Drop it, because roles belong to the server.
 */
export async function newUser(database: TestDatabase, sql: string): Promise<User> {
  const name = `${setting('TEST_DATABASE_PREFIX')}${randomUUID().slice(0, 8)}`;
  const password = randomUUID();
  await database.rows(sql.replaceAll('inbox_service', name).replace('choose-a-password', password));
  const url = new URL(database.url);
  url.username = name;
  url.password = password;
  return {
    name,
    url: url.href,
    drop: async () => {
      await database.rows(`drop role ${name}`);
    },
  };
}
