import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { setting } from './settings.js';

/** A database of the test's own, cloned from the migrated template. Close it, or Jest does not end. */
export class TestDatabase {
  private readonly sessions: Client[] = [];

  private constructor(
    readonly url: string,
    private readonly name: string,
    /** A connection as the owner, who sees every tenant. */
    readonly owner: Client,
  ) {}

  static async create(): Promise<TestDatabase> {
    const name = `${setting('TEST_DATABASE_PREFIX')}${randomUUID().slice(0, 8)}`;
    await onServer((client) =>
      client.query(`create database ${name} template ${setting('TEST_TEMPLATE_DATABASE')}`),
    );
    const url = new URL(setting('TEST_ADMIN_URL'));
    url.pathname = `/${name}`;
    const owner = new Client({ connectionString: url.href });
    // Dropping the database cuts its connections.
    owner.on('error', () => undefined);
    await owner.connect();
    return new TestDatabase(url.href, name, owner);
  }

  /** Rows as the owner sees them. */
  async rows<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.owner.query<Row>(text, values)).rows;
  }

  /** Another session of the owner, for open transactions. It ends with the database. */
  async session(): Promise<Client> {
    const session = new Client({ connectionString: this.url });
    session.on('error', () => undefined);
    await session.connect();
    this.sessions.push(session);
    return session;
  }

  async close(): Promise<void> {
    for (const session of [this.owner, ...this.sessions]) await session.end();
    await onServer((client) => client.query(`drop database if exists ${this.name} with (force)`));
  }
}

async function onServer(work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: setting('TEST_ADMIN_URL') });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
