import { setTimeout as pause } from 'node:timers/promises';
import { identityOf } from '../access/principal.js';
import type { Database } from '../database/database.js';
import type { EventStream } from './event-stream.js';
import type { Outages } from './outages.js';
import { readVisible } from './read-visible.js';
import { visibilitiesOf } from './visibilities.js';
import { EventTexts } from './stream-texts.js';
import { PAGE } from './tenant-channel.js';

/**
 * Reads for streams that are behind their tenant: a page for each in turn, as fast as their clients read. Each tenant has
 * its own queue, so a tenant that cannot be read delays no other. The budget of the feed's lane limits how many reads run
 * at once.
 */
export class CatchUp {
  /** By tenant. A queue exists as long as a worker serves it. */
  private readonly queues = new Map<string, EventStream[]>();
  private readonly workers = new Set<Promise<void>>();
  private readonly stopping = new AbortController();

  /** @param join returns false for a stream that is still behind */
  constructor(
    private readonly database: Database,
    private readonly outages: Outages,
    private readonly join: (stream: EventStream) => boolean,
  ) {}

  /** Queues the stream as soon as its client has read the pending data. */
  add(stream: EventStream): void {
    stream.whenTaken(() => this.enqueue(stream));
  }

  /** Starts no further read and waits for the running ones. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.workers);
  }

  private enqueue(stream: EventStream): void {
    const { tenantId } = stream.caller;
    const queue = this.queues.get(tenantId);
    if (queue !== undefined) {
      queue.push(stream);
      return;
    }
    if (this.stopping.signal.aborted) return;
    this.queues.set(tenantId, [stream]);
    const worker = this.work(tenantId).finally(() => this.workers.delete(worker));
    this.workers.add(worker);
  }

  private async work(tenantId: string): Promise<void> {
    for (let next = this.next(tenantId); next !== undefined; next = this.next(tenantId)) {
      try {
        await this.readOn(next);
        this.outages.succeeded(tenantId);
      } catch (error) {
        this.outages.failed(tenantId, error);
        this.enqueue(next);
        const { signal } = this.stopping;
        await pause(this.outages.pauseMs(tenantId), null, { signal }).catch(() => null);
      }
    }
  }

  /** @returns undefined when no stream of the tenant is queued any more */
  private next(tenantId: string): EventStream | undefined {
    const queue = this.stopping.signal.aborted ? undefined : this.queues.get(tenantId);
    let stream = queue?.shift();
    while (stream?.isOpen === false) stream = queue?.shift();
    if (stream === undefined) this.queues.delete(tenantId);
    return stream;
  }

  private async readOn(stream: EventStream): Promise<void> {
    const { caller, position } = stream;
    const { tenantId } = caller;
    const wanted = { tenantId, after: position, limit: PAGE, ...stream.filter };
    const read = await this.database.inLane('feed', tenantId, () =>
      this.database.inTenant(tenantId, (tx) =>
        readVisible(tx, wanted, async () =>
          (await visibilitiesOf(tx, tenantId, [caller])).get(identityOf(caller)),
        ),
      ),
    );
    if (read === undefined) {
      stream.end('rights lost');
      return;
    }
    // The next connection begins with the cursor and hears that it is too old.
    if (!read.page.isComplete) {
      stream.end('entries removed');
      return;
    }
    const hasAll = stream.show(read.page, read.visibility, new EventTexts()) && !read.page.hasMore;
    if (!stream.isOpen || (hasAll && this.join(stream))) return;
    // Many pages can pass without a visible event. The position lets a client that reconnects continue from here.
    stream.sendPosition();
    this.add(stream);
  }
}
