import { setTimeout as pause } from 'node:timers/promises';
import { identityOf } from '../access/principal.js';
import type { Database } from '../database/database.js';
import type { EventStream } from './event-stream.js';
import type { Outage } from './outage.js';
import { readVisible } from './read-visible.js';
import { visibilitiesOf } from './visibilities.js';
import { EventTexts } from './stream-texts.js';
import { PAGE } from './tenant-channel.js';

/** So many connections of the pool it takes at most. */
const AT_ONCE = 2;

/** Reads on for those who are behind the others of their tenant, a page for each in turn, as fast as they take it. */
export class CatchUp {
  private readonly waiting: EventStream[] = [];
  private working = 0;
  private readonly workers = new Set<Promise<void>>();
  private readonly stopping = new AbortController();

  /** @param join returns false to a stream that has to read on */
  constructor(
    private readonly database: Database,
    private readonly outage: Outage,
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
    this.waiting.push(stream);
    if (this.working >= AT_ONCE || this.stopping.signal.aborted) return;
    this.working++;
    const worker = this.work().finally(() => this.workers.delete(worker));
    this.workers.add(worker);
  }

  private async work(): Promise<void> {
    for (let next = this.next(); next !== undefined; next = this.next()) {
      try {
        await this.readOn(next);
        this.outage.succeeded();
      } catch (error) {
        this.outage.failed(error);
        this.waiting.push(next);
        await pause(this.outage.pauseMs, null, { signal: this.stopping.signal }).catch(() => null);
      }
    }
    this.working--;
  }

  private next(): EventStream | undefined {
    if (this.stopping.signal.aborted) return undefined;
    let stream = this.waiting.shift();
    while (stream?.isOpen === false) stream = this.waiting.shift();
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
    // It may be long until something is shown: who loses the connection meanwhile need not begin from the front.
    stream.tellPlace();
    this.add(stream);
  }
}
