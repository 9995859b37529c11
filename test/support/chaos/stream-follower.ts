import { ask } from '../faults/ask.js';
import { StreamReader } from '../stream-reader.js';
import type { Fleet } from './fleet.js';
import type { Scene } from './scene.js';

/** Follows the stream through all faults, as a browser does: it reconnects with the last id when the stream ends. */
export class StreamFollower {
  readonly ids: string[] = [];
  private lastEventId: string | null = null;
  private next = 0;
  private isLeaving = false;
  private current: StreamReader | null = null;

  constructor(
    private readonly fleet: Fleet,
    private readonly scene: Scene,
  ) {}

  /** Until `leave`. */
  async follow(): Promise<void> {
    while (!this.isLeaving) {
      const reader = await this.open();
      if (reader === null) await new Promise((resolve) => setTimeout(resolve, 50));
      else await this.listen(reader);
    }
  }

  /** Call it after the last write. Follows until it has this number of entries, or a time limit. */
  async leave(entries: number): Promise<void> {
    for (const end = Date.now() + 30_000; this.ids.length < entries && Date.now() < end;)
      await new Promise((resolve) => setTimeout(resolve, 50));
    this.abandon();
  }

  abandon(): void {
    this.isLeaving = true;
    this.current?.close();
  }

  private async open(): Promise<StreamReader | null> {
    const urls = this.fleet.urls;
    const url = urls[this.next++ % Math.max(1, urls.length)];
    if (url === undefined) return null;
    this.lastEventId ??= await this.first(url);
    if (this.lastEventId === null) return null;
    const headers = { ...this.scene.admin, 'Last-Event-ID': this.lastEventId };
    return StreamReader.open(url, headers).catch(() => null);
  }

  /** Starts the stream behind a known entry. @returns its cursor, or undefined if it can't be read now */
  private async first(url: string): Promise<string | null> {
    const told = await ask('GET', `${url}/api/v1/events?limit=1`, this.scene.admin).catch(() => null);
    if (told?.status !== 200) return null;
    const { data, nextCursor } = told.body as unknown as { data: { id: string }[]; nextCursor: string };
    this.ids.push(...data.map(({ id }) => id));
    return nextCursor;
  }

  private async listen(reader: StreamReader): Promise<void> {
    this.current = reader;
    let told = 0;
    const take = () => {
      for (; told < reader.events.length; told++) this.ids.push(reader.events[told]!.data.id);
      if (reader.lastEventId !== '') this.lastEventId = reader.lastEventId;
      return reader.hasEnded;
    };
    await reader.until(take, 600_000).catch(() => undefined);
  }
}
