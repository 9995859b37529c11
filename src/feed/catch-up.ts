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
 * Reads on for those who are behind the others of their tenant, a page for each in turn, as fast as they take it. Each
 * tenant has a line of its own: one that cannot be read holds up no other. How many read at once is the budget of their
 * lane.
 */
export class CatchUp {
  /** By tenant; a line is there as long as somebody works on it. */
  private readonly lines = new Map<string, EventStream[]>();
  private readonly workers = new Set<Promise<void>>();
  private readonly stopping = new AbortController();

  /** @param join returns false to a stream that has to read on */
  constructor(
    private readonly database: Database,
    private readonly outages: Outages,
    private readonly join: (stream: EventStream) => boolean,
  ) {}

  /** When it has taken what waits for it, it is in line. */
  add(stream: EventStream): void {
    stream.whenTaken(() => this.line(stream));
  }

  /** Begins no further reading and waits for what is under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.workers);
  }

  private line(stream: EventStream): void {
    const { tenantId } = stream.caller;
    const line = this.lines.get(tenantId);
    if (line !== undefined) {
      line.push(stream);
      return;
    }
    if (this.stopping.signal.aborted) return;
    this.lines.set(tenantId, [stream]);
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
        this.line(next);
        const { signal } = this.stopping;
        await pause(this.outages.pauseMs(tenantId), null, { signal }).catch(() => null);
      }
    }
  }

  /** @returns undefined when nobody of the tenant is in line any more */
  private next(tenantId: string): EventStream | undefined {
    const line = this.stopping.signal.aborted ? undefined : this.lines.get(tenantId);
    let stream = line?.shift();
    while (stream?.isOpen === false) stream = line?.shift();
    if (stream === undefined) this.lines.delete(tenantId);
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
    const hasAll = stream.show(read.page, read.visibility, new EventTexts()) && !read.page.hasMore;
    if (!stream.isOpen || (hasAll && this.join(stream))) return;
    // Many pages can pass without a visible event. The position lets a client that reconnects continue from here.
    stream.sendPosition();
    this.add(stream);
  }
}
