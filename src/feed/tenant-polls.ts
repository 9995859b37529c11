import type { Database } from '../database/database.js';
import type { EventStream } from './event-stream.js';
import type { Outages } from './outages.js';
import { TenantChannel } from './tenant-channel.js';

export interface Pace {
  readonly pollIntervalMs: number;
  readonly heartbeatMs: number;
}

interface TenantPoll {
  readonly tenantId: string;
  readonly channel: TenantChannel;
  timer: NodeJS.Timeout | undefined;
  isReading: boolean;
  caughtUpAt: number;
}

/** After news the next read comes earlier, because news rarely comes alone: the interval divided by this. */
const SOONER = 5;
/** However many tenants have streams here, earlier reads are on average this far apart. */
const MIN_DISTANCE_MS = 5;

/**
 * Reads new events once per tenant that has open streams, and nothing for other tenants. Each tenant has its own timer, so
 * a tenant whose read fails or waits delays no other. The budget of the feed's lane limits how many reads run at once.
 */
export class TenantPolls {
  private readonly polls = new Map<string, TenantPoll>();
  private readonly reads = new Set<Promise<void>>();
  private isStopped = false;

  constructor(
    private readonly database: Database,
    private readonly outages: Outages,
    private readonly pace: Pace,
    private readonly fellBehind: (stream: EventStream) => void,
  ) {}

  /** Seconds since the tenant that is furthest behind was up to date; 0 without streams. */
  get lagSeconds(): number {
    let lagMs = 0;
    for (const { caughtUpAt } of this.polls.values()) lagMs = Math.max(lagMs, performance.now() - caughtUpAt);
    return lagMs / 1_000;
  }

  /** @returns false when the stream is behind its tenant and must catch up first */
  join(stream: EventStream): boolean {
    const { tenantId } = stream.caller;
    const poll = this.polls.get(tenantId) ?? {
      tenantId,
      channel: new TenantChannel(tenantId, stream.position),
      timer: undefined,
      isReading: false,
      caughtUpAt: performance.now(),
    };
    if (!poll.channel.join(stream)) return false;
    this.polls.set(tenantId, poll);
    this.schedule(poll, this.pace.pollIntervalMs);
    return true;
  }

  leave(stream: EventStream): void {
    const poll = this.polls.get(stream.caller.tenantId);
    if (poll === undefined) return;
    poll.channel.leave(stream);
    this.forgetIfEmpty(poll);
  }

  /** Starts no further read and waits for the running ones. */
  async stop(): Promise<void> {
    this.isStopped = true;
    for (const { timer } of this.polls.values()) clearTimeout(timer);
    await Promise.all(this.reads);
  }

  private schedule(poll: TenantPoll, pauseMs: number): void {
    if (this.isStopped || poll.isReading || poll.timer !== undefined) return;
    poll.timer = setTimeout(() => {
      poll.timer = undefined;
      const read = this.read(poll).finally(() => this.reads.delete(read));
      this.reads.add(read);
    }, pauseMs);
  }

  private async read(poll: TenantPoll): Promise<void> {
    poll.isReading = true;
    const pauseMs = await this.poll(poll);
    poll.isReading = false;
    if (!this.forgetIfEmpty(poll)) this.schedule(poll, pauseMs);
  }

  /** @returns the pause before the next read */
  private async poll(poll: TenantPoll): Promise<number> {
    const { tenantId, channel } = poll;
    const { pollIntervalMs, heartbeatMs } = this.pace;
    try {
      const found = await channel.poll(this.database, heartbeatMs, this.fellBehind);
      this.outages.succeeded(tenantId);
      if (found === 'a full page') return 0;
      poll.caughtUpAt = performance.now();
      return found === 'news' ? this.soonMs : pollIntervalMs;
    } catch (error) {
      this.outages.failed(tenantId, error);
      return Math.max(this.outages.pauseMs(tenantId), pollIntervalMs);
    }
  }

  private get soonMs(): number {
    const { pollIntervalMs } = this.pace;
    const fairMs = this.polls.size * MIN_DISTANCE_MS;
    return Math.min(pollIntervalMs, Math.max(pollIntervalMs / SOONER, fairMs));
  }

  /** A stream that joins during the last read may have started a new poll of the tenant. This keeps that one. */
  private forgetIfEmpty(poll: TenantPoll): boolean {
    if (!poll.channel.isEmpty) return false;
    clearTimeout(poll.timer);
    if (this.polls.get(poll.tenantId) === poll) this.polls.delete(poll.tenantId);
    return true;
  }
}
