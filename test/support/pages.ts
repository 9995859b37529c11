import type { ConversationResponse } from '../../src/conversations/conversation.js';
import type { Page } from '../../src/http/cursor.js';
import type { Headers, TestApplication } from './application.js';

export type Query = Record<string, string | number>;

/** One page of a list. */
export async function page<T = ConversationResponse>(
  app: TestApplication,
  path: string,
  caller: Headers,
  query: Query = {},
): Promise<Page<T>> {
  const { body } = await app.call('get', path, caller).query(query).expect(200);
  return body as Page<T>;
}

/** All pages of a list, as one list; every page but the last is full. */
export async function follow<T = ConversationResponse>(
  app: TestApplication,
  path: string,
  caller: Headers,
  query: Query & { limit: number },
): Promise<T[]> {
  const all: T[] = [];
  for (let cursor: string | null = null; ;) {
    const next: Page<T> = await page<T>(app, path, caller, cursor === null ? query : { ...query, cursor });
    all.push(...next.data);
    expect(next.hasMore).toBe(next.nextCursor !== null);
    if (next.nextCursor === null) return all;
    expect(next.data).toHaveLength(query.limit);
    cursor = next.nextCursor;
  }
}
