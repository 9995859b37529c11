import type { FeedPageResponse } from '../../src/feed/feed-responses.js';
import type { Headers, TestApplication } from './application.js';
import type { FullTenant } from './full-tenant.js';
import { nameOf, ROUTES } from './openapi.js';
import { StreamReader } from './stream-reader.js';
import { callersOf, secretsOf } from './tenancy-parts.js';

/** It sends entries later, so it has its own cases. */
export const STREAM = 'GET /events/stream';
const ROUTE = ROUTES.find((route) => nameOf(route) === STREAM)!;

interface Tenants {
  app: TestApplication;
  mine: FullTenant;
  foreign: FullTenant;
}

/** Declares case 16 for streams. @param tenants the tenants when a case runs */
export function streamCases(tenants: () => Tenants): void {
  const first = async (headers: Headers, query: Record<string, string> = {}) => {
    const { body } = await tenants()
      .app.call('get', '/events', headers)
      .query({ ...query, limit: 1 })
      .expect(200);
    return (body as FeedPageResponse).nextCursor;
  };

  it('have every entry of their own tenant and none of another', async () => {
    const { app, mine, foreign } = tenants();
    for (const [right, headers] of callersOf(ROUTE, mine)) {
      const reader = await StreamReader.open(app.url, headers, { after: await first(headers) });
      const { id } = await mine.world.queued(mine.inbox);
      await reader.until(({ events }) => events.some(({ data }) => data.conversationId === id));
      const text = JSON.stringify(reader.events);
      reader.close();
      expect({ right, leaked: secretsOf(foreign).filter((secret) => text.includes(secret)) }).toEqual({
        right,
        leaked: [],
      });
      expect(text).toContain(mine.held.id);
    }
  });

  it('have no entry of a foreign inbox, and refuse a foreign cursor', async () => {
    const { app, mine, foreign } = tenants();
    const after = await first(foreign.world.admin);
    for (const [, headers] of callersOf(ROUTE, mine)) {
      const foreignInbox = { inboxId: foreign.inbox.id };
      const reader = await StreamReader.open(app.url, headers, {
        ...foreignInbox,
        after: await first(headers, foreignInbox),
      });
      const own = await StreamReader.open(app.url, headers);
      const { id } = await mine.world.queued(mine.inbox);
      // Both streams use one channel, so when one has an entry, so has the other.
      await own.until(({ events }) => events.some(({ data }) => data.conversationId === id));
      expect(reader.events).toEqual([]);
      own.close();
      reader.close();
      for (const wrong of [{ after }, {}]) {
        const lastEventId: Headers = 'after' in wrong ? {} : { 'Last-Event-ID': after };
        const response = app.call('get', '/events/stream', { ...headers, ...lastEventId }).query(wrong);
        expect((await response).body).toMatchObject({ code: 'INVALID_CURSOR' });
      }
    }
  });
}
