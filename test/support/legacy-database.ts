import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Headers } from './application.js';
import type { TestDatabase } from './database.js';

interface Call {
  readonly caller: string;
  /** `GET /conversations?limit=20` */
  readonly request: string;
  readonly response: object;
}

/** Responses of the version that made the fixture. The .sql file says where it comes from. */
export interface Legacy {
  readonly made: { readonly nextTransactionId: string };
  readonly rows: Readonly<Record<string, number>>;
  readonly callers: Readonly<Record<string, { readonly headers: Headers }>>;
  /** The events that a reader may see, and cursors. `after` is the cursor behind the first `seen` events. */
  readonly feeds: readonly {
    readonly readers: readonly string[];
    readonly query: Readonly<Record<string, string>>;
    readonly events: readonly string[];
    readonly cursors: readonly { readonly after: string; readonly seen: number }[];
  }[];
  readonly idempotent: readonly {
    readonly caller: string;
    readonly request: string;
    readonly headers: Headers;
    readonly body: object;
    readonly response: { readonly status: number; readonly body: object };
  }[];
  /** Ids of delivered events, and of those to deliver once it is enabled. */
  readonly webhooks: readonly {
    readonly id: string;
    readonly name: string;
    readonly delivered: readonly string[];
    readonly owes: readonly string[];
  }[];
  readonly conversations: readonly Call[];
  readonly statistics: readonly Call[];
  readonly others: readonly Call[];
}

const FIXTURE = join(__dirname, '../fixtures/legacy-database');

export const LEGACY = JSON.parse(readFileSync(`${FIXTURE}.json`, 'utf8')) as Legacy;

/** Restores the database that the 32 migrations and the service of that time had made. */
export async function restoreLegacy(database: TestDatabase): Promise<void> {
  await database.rows(
    'drop schema public cascade; create schema public; grant usage on schema public to public',
  );
  // The text changes the search path.
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query(readFileSync(`${FIXTURE}.sql`, 'utf8').replace(/^CREATE SCHEMA public;$/m, ''));
  } finally {
    await client.end();
  }
}

/** Fields that depend on the time or the response. */
const PASSING = [
  'priorityScore',
  'oldestWaitSeconds',
  'arrivalsLastHour',
  'resolutionsLastHour',
  'lastUsedAt',
];

/** A body without those. The title of a problem is prose that a release may reword; its `code` stays. */
export function lasting(body: unknown): unknown {
  const left = (key: string, value: unknown) =>
    [...PASSING, 'requestId', 'title'].includes(key) ? undefined : value;
  return JSON.parse(JSON.stringify(body, left)) as unknown;
}
