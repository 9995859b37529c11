import { identityOf } from '../access/principal.js';
import type { Database } from '../database/database.js';
import { assignPositionsIfFree } from '../ledger/assign-positions.js';
import { readFeed, type FeedPosition } from '../ledger/read-feed.js';
import type { EventStream } from './event-stream.js';
import { visibilitiesOf } from './visibilities.js';
import { EventTexts } from './stream-texts.js';

/** The number of events in a page. A page must fit into the pending data of a stream. */
export const PAGE = 50;

/** A full page has more events behind it. */
export type Found = 'nothing' | 'news' | 'a full page';

/** The streams of a tenant that are up to date. One read of the feed serves all of them. */
export class TenantChannel {
  private readonly streams = new Set<EventStream>();
  private rightsCheckedAt = performance.now();

  /** @param position the position of the first stream */
  constructor(
    private readonly tenantId: string,
    private position: FeedPosition,
  ) {}

  get isEmpty(): boolean {
    return this.streams.size === 0;
  }

  /** @returns false when the channel is ahead of the stream, which then must catch up */
  join(stream: EventStream): boolean {
    if (this.position > stream.position) return false;
    this.streams.add(stream);
    return true;
  }

  leave(stream: EventStream): void {
    this.streams.delete(stream);
  }

  /**
   * Reads new events and sends them to all streams. It reads the rights in the same transaction, after the events. So
   * an operator who gets an inbox before an event in it receives that event.
   * @param checkRightsEveryMs how often rights are read when there are no new events
   * @param fellBehind takes streams whose client is slow, and streams that joined during the read
   * @returns whether it found events, and whether there are more
   */
  async poll(
    database: Database,
    checkRightsEveryMs: number,
    fellBehind: (stream: EventStream) => void,
  ): Promise<Found> {
    const { tenantId, position } = this;
    const listeners = [...this.streams];
    const { page, visibilities } = await database.inLane('feed', tenantId, async () => {
      await assignPositionsIfFree(database, tenantId);
      return database.inTenant(tenantId, async (tx) => {
        const read = await readFeed(tx, tenantId, position, PAGE);
        const isDue = performance.now() - this.rightsCheckedAt >= checkRightsEveryMs;
        if (read.events.length === 0 && !isDue) return { page: read, visibilities: null };
        const callers = listeners.map(({ caller }) => caller);
        return { page: read, visibilities: await visibilitiesOf(tx, tenantId, callers) };
      });
    });
    this.position = page.position;
    if (visibilities === null) return 'nothing';
    this.rightsCheckedAt = performance.now();
    const texts = new EventTexts();
    const served = new Set(listeners);
    for (const stream of [...this.streams]) {
      const visibility = visibilities.get(identityOf(stream.caller));
      if (!served.has(stream)) this.check(stream, fellBehind);
      else if (visibility === undefined) stream.end('rights lost');
      else if (!stream.show(page, visibility, texts)) this.release(stream, fellBehind);
    }
    if (page.hasMore) return 'a full page';
    return page.events.length > 0 ? 'news' : 'nothing';
  }

  /** A stream that joined during the read can be before the position that was read from. */
  private check(stream: EventStream, fellBehind: (stream: EventStream) => void): void {
    if (this.position > stream.position) this.release(stream, fellBehind);
  }

  private release(stream: EventStream, fellBehind: (stream: EventStream) => void): void {
    this.streams.delete(stream);
    fellBehind(stream);
  }
}
