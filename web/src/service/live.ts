import { isProblem, type InboxClient } from '@inbox-allocation/client';
import { stream, type Event } from '@inbox-allocation/client/stream';
import { Value } from '../parts/value.js';

/** The stream ends now and then and is opened again. Nobody needs to hear of a pause this short. */
const SHORT_MS = 3_000;
/** Some figures change without an event. */
const WAKE_MS = 30_000;

export type LiveState = 'connecting' | 'open' | 'lost';
/** null: anything may have changed. */
export type Wake = Event | null;

/** Follows the change feed and wakes what shows it. */
export class Live {
  readonly state = new Value<LiveState>('connecting');
  /** Of when the figures on the page are. */
  readonly figures = new Value<{ asOf: number; behindMs: number } | null>(null);
  private readonly listeners = new Set<(wake: Wake) => void>();
  private connection = new AbortController();
  private lostTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly client: InboxClient,
    private readonly isPresent: boolean,
  ) {}

  onWake(listener: (wake: Wake) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Wakes everything, as after something the reader did. */
  wake(wake: Wake = null): void {
    for (const listener of [...this.listeners]) listener(wake);
  }

  /** @returns what ends it */
  start(): () => void {
    this.connection = new AbortController();
    const timer = setInterval(() => this.wake(), WAKE_MS);
    void this.follow(this.connection.signal);
    return () => {
      clearInterval(timer);
      clearTimeout(this.lostTimer);
      this.connection.abort();
    };
  }

  /** Opens the stream anew, as after a log-in. */
  restart(): void {
    this.connection.abort();
    this.connection = new AbortController();
    void this.follow(this.connection.signal);
    this.wake();
  }

  private async follow(signal: AbortSignal): Promise<void> {
    const options = { signal, presence: this.isPresent, maxPauseMs: 10_000 } as const;
    for (let failures = 0; ; failures++) {
      try {
        const items = stream(this.client, {
          ...options,
          ticket: true,
          onState: (state) => {
            if (state.state === 'open') this.opened();
            else this.closed(state.error);
          },
        });
        for await (const item of items) {
          failures = 0;
          this.wake(item.kind === 'event' ? item.event : null);
        }
        // It ends without an error only when it is told to.
        return;
      } catch (error) {
        this.closed(error);
        // The dialog for the log-in restarts it.
        if (isProblem(error, 'UNAUTHENTICATED')) return;
        await new Promise((resolve) => setTimeout(resolve, Math.min(1_000 * 2 ** failures, 30_000)));
      }
    }
  }

  private opened(): void {
    clearTimeout(this.lostTimer);
    const wasLost = this.state.get() === 'lost';
    this.state.set('open');
    if (wasLost) this.wake();
  }

  private closed(error: unknown): void {
    clearTimeout(this.lostTimer);
    const lose = () => this.state.set('lost');
    if (error === null) this.lostTimer = setTimeout(lose, SHORT_MS);
    else lose();
  }
}
