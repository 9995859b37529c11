import { isProblem } from '@inbox-allocation/client';

/** A read begins at most this often. */
const MIN_INTERVAL_MS = 1_000;
/** Reading takes at most this part of the time. */
const SHARE = 0.1;
const MAX_PAUSE_MS = 30_000;

export interface Reading<T> {
  readonly data: T;
  /** How old the news was when it was shown: from the moment the page heard of it. */
  readonly behindMs: number;
}

/** Reads something again when it is woken, not too often, and until it succeeds. */
export class Refresher<T> {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isReading = false;
  private isStopped = false;
  /** Since when there is something new that no read has begun after. */
  private wokenAt: number | null = null;
  private earliest = 0;
  private failures = 0;

  constructor(
    private readonly read: () => Promise<T>,
    private readonly onRead: (reading: Reading<T>) => void,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** @param atOnce for what the reader did themselves */
  wake(atOnce = false): void {
    if (this.isStopped) return;
    this.wokenAt ??= performance.now();
    if (atOnce) this.earliest = 0;
    if (this.isReading) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.run(), Math.max(0, this.earliest - performance.now()));
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private async run(): Promise<void> {
    const began = performance.now();
    const wokenAt = this.wokenAt ?? began;
    this.wokenAt = null;
    this.isReading = true;
    try {
      const data = await this.read();
      if (this.isStopped) return;
      this.failures = 0;
      this.onRead({ data, behindMs: performance.now() - wokenAt });
      const took = performance.now() - began;
      this.earliest = began + Math.max(MIN_INTERVAL_MS, took / SHARE);
    } catch (error) {
      if (this.isStopped) return;
      this.onFailure(error);
      this.earliest = performance.now() + this.pauseMs();
      // Who is refused for good waits for the next wake.
      if (!isRefusal(error)) this.wokenAt ??= performance.now();
    } finally {
      this.isReading = false;
      if (this.wokenAt !== null) this.wake();
    }
  }

  private pauseMs(): number {
    this.failures += 1;
    return Math.min(MIN_INTERVAL_MS * 2 ** (this.failures - 1), MAX_PAUSE_MS) * (0.5 + Math.random() / 2);
  }
}

function isRefusal(error: unknown): boolean {
  return isProblem(
    error,
    'UNAUTHENTICATED',
    'FORBIDDEN',
    'NOT_FOUND',
    'VALIDATION_FAILED',
    'TENANT_SUSPENDED',
  );
}
