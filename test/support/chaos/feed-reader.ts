import type { EventResponse } from '../../../src/ledger/event.js';
import { ask } from '../faults/ask.js';
import type { Fleet } from './fleet.js';
import type { Scene } from './scene.js';

interface Page {
  data?: EventResponse[];
  nextCursor?: string;
  hasMore?: boolean;
}

/** Follows the feed through all faults, on any running instance. */
export class FeedReader {
  readonly ids: string[] = [];
  private after: string | null = null;
  private next = 0;

  constructor(
    private readonly fleet: Fleet,
    private readonly scene: Scene,
  ) {}

  async followUntil(isOver: () => boolean): Promise<void> {
    while (!isOver()) await this.read();
  }

  /** Call it after the last write. Reads until it has this number of entries, or a time limit. */
  async catchUp(entries: number): Promise<void> {
    for (const end = Date.now() + 30_000; this.ids.length < entries && Date.now() < end;) await this.read();
    await this.read();
  }

  private async read(): Promise<void> {
    const urls = this.fleet.urls;
    const url = urls[this.next++ % Math.max(1, urls.length)];
    const after = this.after === null ? '' : `&after=${this.after}`;
    const told = await (url === undefined
      ? null
      : ask('GET', `${url}/api/v1/events?limit=200${after}`, this.scene.admin).catch(() => null));
    const { data, nextCursor, hasMore } = (told?.status === 200 ? told.body : {}) as Page;
    if (data !== undefined && nextCursor !== undefined) {
      this.ids.push(...data.map(({ id }) => id));
      this.after = nextCursor;
    }
    if (hasMore !== true) await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
