import type { Database } from '../database/database.js';
import type { EventStream } from './event-stream.js';
import type { Outage } from './outage.js';
import { TenantChannel } from './tenant-channel.js';

/** So many connections of the pool it takes at most. */
const AT_ONCE = 2;

export interface Pace {
  readonly pollIntervalMs: number;
  readonly heartbeatMs: number;
}

type Outcome = 'more' | 'all' | 'failed';

/** Reads what is new once for each tenant of which somebody listens; for nobody, nothing. */
export class TenantPolls {
  private readonly channels = new Map<string, TenantChannel>();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isStopped = false;
  private caughtUpAt = performance.now();

  constructor(
    private readonly database: Database,
    private readonly outage: Outage,
    private readonly pace: Pace,
    private readonly fellBehind: (stream: EventStream) => void,
  ) {}

  /** Seconds since everybody was last told everything there was; 0 when nobody listens. */
  get lagSeconds(): number {
    return this.channels.size === 0 ? 0 : (performance.now() - this.caughtUpAt) / 1_000;
  }

  /** @returns false when the stream has to read on by itself first */
  join(stream: EventStream): boolean {
    const { tenantId } = stream.caller;
    const channel = this.channels.get(tenantId) ?? new TenantChannel(tenantId, stream.position);
    if (!channel.join(stream)) return false;
    if (this.channels.size === 0) this.caughtUpAt = performance.now();
    this.channels.set(tenantId, channel);
    this.schedule(this.pace.pollIntervalMs);
    return true;
  }

  leave(stream: EventStream): void {
    const { tenantId } = stream.caller;
    const channel = this.channels.get(tenantId);
    channel?.leave(stream);
    if (channel?.isDeserted === true) this.channels.delete(tenantId);
  }

  /** Begins no further reading and waits for the one that is under way. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(pauseMs: number): void {
    if (this.isStopped || this.timer !== undefined || this.running !== undefined) return;
    if (this.channels.size === 0) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.running = this.round().then((pause) => {
        this.running = undefined;
        this.schedule(pause);
      });
    }, pauseMs);
  }

  /** Every tenant once. @returns the pause before the next time */
  private async round(): Promise<number> {
    const waiting = [...this.channels];
    const outcomes = new Set<Outcome>();
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined && !this.isStopped; next = waiting.shift()) {
        outcomes.add(await this.poll(...next));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (outcomes.has('failed')) return Math.max(this.outage.pauseMs, this.pace.pollIntervalMs);
    if (outcomes.has('more')) return 0;
    this.caughtUpAt = performance.now();
    return this.pace.pollIntervalMs;
  }

  private async poll(tenantId: string, channel: TenantChannel): Promise<Outcome> {
    try {
      const hasMore = await channel.poll(this.database, this.pace.heartbeatMs, this.fellBehind);
      this.outage.succeeded();
      if (channel.isDeserted && this.channels.get(tenantId) === channel) this.channels.delete(tenantId);
      return hasMore ? 'more' : 'all';
    } catch (error) {
      this.outage.failed(error);
      return 'failed';
    }
  }
}
