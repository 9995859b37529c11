import { identityOf } from '../access/principal.js';
import type { Database } from '../database/database.js';
import { assignPositionsIfFree } from '../ledger/assign-positions.js';
import { readFeed, type FeedPosition } from '../ledger/read-feed.js';
import type { EventStream } from './event-stream.js';
import { visibilitiesOf } from './visibilities.js';
import { EventTexts } from './stream-texts.js';

/** A page fits into what may wait for one reader. */
export const PAGE = 50;

/** Those of a tenant who have seen everything: one reading of the feed serves all of them. */
export class TenantChannel {
  private readonly streams = new Set<EventStream>();
  private provedAt = performance.now();

  /** @param position where its first reader is */
  constructor(
    private readonly tenantId: string,
    private position: FeedPosition,
  ) {}

  get isDeserted(): boolean {
    return this.streams.size === 0;
  }

  /** @returns false when the channel is further than the stream, which then has to read on by itself */
  join(stream: EventStream): boolean {
    if (this.position > stream.position) return false;
    this.streams.add(stream);
    return true;
  }

  leave(stream: EventStream): void {
    this.streams.delete(stream);
  }

  /**
   * Reads what is new and shows it to everybody. Who sees what is asked in the same transaction, behind the reading: of
   * an inbox that somebody was given before something happened in it, they hear that.
   * @param proveEveryMs how often that is asked when nothing is new
   * @param fellBehind takes those for whom it was too much, or who joined in the middle of it
   * @returns whether there is more
   */
  async poll(
    database: Database,
    proveEveryMs: number,
    fellBehind: (stream: EventStream) => void,
  ): Promise<boolean> {
    const { tenantId, position } = this;
    const listeners = [...this.streams];
    const { page, visibilities } = await database.inLane('feed', tenantId, async () => {
      await assignPositionsIfFree(database, tenantId);
      return database.inTenant(tenantId, async (tx) => {
        const read = await readFeed(tx, tenantId, position, PAGE);
        const isDue = performance.now() - this.provedAt >= proveEveryMs;
        if (read.events.length === 0 && !isDue) return { page: read, visibilities: null };
        const callers = listeners.map(({ caller }) => caller);
        return { page: read, visibilities: await visibilitiesOf(tx, tenantId, callers) };
      });
    });
    this.position = page.position;
    if (visibilities === null) return false;
    this.provedAt = performance.now();
    const texts = new EventTexts();
    const served = new Set(listeners);
    for (const stream of [...this.streams]) {
      const visibility = visibilities.get(identityOf(stream.caller));
      if (!served.has(stream)) this.check(stream, fellBehind);
      else if (visibility === undefined) stream.end('rights lost');
      else if (!stream.show(page, visibility, texts)) this.release(stream, fellBehind);
    }
    return page.hasMore;
  }

  /** Who joined while it was read may have been before the place that was read from. */
  private check(stream: EventStream, fellBehind: (stream: EventStream) => void): void {
    if (this.position > stream.position) this.release(stream, fellBehind);
  }

  private release(stream: EventStream, fellBehind: (stream: EventStream) => void): void {
    this.streams.delete(stream);
    fellBehind(stream);
  }
}
