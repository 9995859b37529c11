import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { identityOf, type TenantPrincipal } from '../access/principal.js';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database } from '../database/database.js';
import { Problem } from '../http/problem.js';
import { RefusalLog } from '../http/refusal-log.js';
import { CatchUp } from './catch-up.js';
import { EventStream, type Ending } from './event-stream.js';
import { Outages } from './outages.js';
import { ENDED_STREAMS, OPEN_STREAMS, REFUSED_STREAMS, type StreamLimit } from './stream-metrics.js';
import { TenantPolls } from './tenant-polls.js';

/** Clients reconnect after a random pause, so that those of a stopped instance do not all reconnect at once. */
const RETRY_MS = { from: 1_000, to: 5_000 };
/** The largest share of a lifetime by which a stream ends early, at random, for the same reason. */
const LIFETIME_SPREAD = 0.2;

/** All streams of this instance: it admits them, keeps them alive and ends them. TenantPolls and CatchUp feed them. */
@Injectable()
export class StreamHub implements BeforeApplicationShutdown {
  /** The number of streams that were ended since the start because their clients did not read. */
  droppedStreams = 0;
  private readonly logger = new Logger(StreamHub.name);
  private readonly refusals = new RefusalLog(this.logger);
  /** Each stream with the moment at which it ends, in milliseconds of the process's clock. */
  private readonly streams = new Map<EventStream, number>();
  /** The number of open streams of each tenant, and of each principal. */
  private readonly open = new Map<string, number>();
  private readonly limitPerTenant: number;
  private readonly polls: TenantPolls;
  private readonly catchUp: CatchUp;
  private beats: NodeJS.Timeout | undefined;
  private isStopping = false;

  constructor(
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    database: Database,
  ) {
    const outages = new Outages(this.logger);
    const { pollIntervalMs, heartbeatSeconds, limit, limitPerTenant } = environment.streams;
    this.limitPerTenant = limitPerTenant ?? Math.ceil(limit / 4);
    const pace = { pollIntervalMs, heartbeatMs: heartbeatSeconds * 1_000 };
    this.polls = new TenantPolls(database, outages, pace, (stream) => this.catchUp.add(stream));
    this.catchUp = new CatchUp(database, outages, (stream) => this.polls.join(stream));
  }

  get openStreams(): number {
    return this.streams.size;
  }

  /** Seconds since the tenant that is furthest behind was up to date. */
  get lagSeconds(): number {
    return this.polls.lagSeconds;
  }

  /** @throws SHUTTING_DOWN, TOO_MANY_STREAMS, STREAMS_UNAVAILABLE */
  requireRoom(caller: TenantPrincipal): void {
    if (this.isStopping)
      throw new Problem('SHUTTING_DOWN', 'This instance is stopping. Try again in a moment.');
    const { limit, limitPerPrincipal } = this.environment.streams;
    const own = this.open.get(principalKey(caller)) ?? 0;
    if (own >= limitPerPrincipal) {
      const detail = `You have ${own} streams open on this instance. Close one, or share it.`;
      throw this.refusal(
        'principal',
        caller,
        new Problem('TOO_MANY_STREAMS', detail, {}, 'principal streams'),
      );
    }
    const ofTenant = this.open.get(caller.tenantId) ?? 0;
    if (ofTenant >= this.limitPerTenant) {
      const detail = `Your tenant has ${ofTenant} streams open on this instance. Close one, or share it.`;
      throw this.refusal('tenant', caller, new Problem('TOO_MANY_STREAMS', detail, {}, 'tenant streams'));
    }
    if (this.streams.size >= limit) {
      const detail = `This instance has ${limit} streams open. Try again in a moment.`;
      throw this.refusal('instance', caller, new Problem('STREAMS_UNAVAILABLE', detail));
    }
  }

  /** @param mostSeconds a shorter lifetime than that of other streams; null: the same */
  add(stream: EventStream, mostSeconds: number | null = null): void {
    if (!stream.isOpen) return;
    const { lifetimeSeconds, heartbeatSeconds } = this.environment.streams;
    const seconds = Math.min(lifetimeSeconds, mostSeconds ?? lifetimeSeconds);
    const lifetimeMs = seconds * 1_000 * (1 - Math.random() * LIFETIME_SPREAD);
    this.streams.set(stream, performance.now() + lifetimeMs);
    this.count(stream, 1);
    OPEN_STREAMS.inc();
    stream.whenClosed(() => this.remove(stream));
    stream.begin(Math.round(RETRY_MS.from + Math.random() * (RETRY_MS.to - RETRY_MS.from)));
    this.beats ??= setInterval(() => this.beat(), heartbeatSeconds * 1_000);
    this.catchUp.add(stream);
  }

  /** Before the HTTP server waits for its connections: streams never end by themselves. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    for (const stream of this.streams.keys()) stream.end('service stops');
    // Data that the operating system has not accepted by now is dropped.
    setImmediate(() => this.streams.forEach((_, stream) => stream.drop('service stops')));
    await Promise.all([this.polls.stop(), this.catchUp.stop()]);
  }

  private beat(): void {
    const now = performance.now();
    for (const [stream, endsAt] of this.streams) {
      // It ended, and its client has not read the end since the last beat.
      if (!stream.isOpen) stream.drop(stream.ending);
      else if (endsAt <= now) stream.end('lifetime over');
      else stream.beat();
    }
  }

  private remove(stream: EventStream): void {
    this.streams.delete(stream);
    this.count(stream, -1);
    OPEN_STREAMS.dec();
    this.polls.leave(stream);
    if (this.streams.size === 0) {
      clearInterval(this.beats);
      this.beats = undefined;
    }
    this.record(stream, stream.ending);
  }

  private count({ caller }: EventStream, change: 1 | -1): void {
    for (const key of [caller.tenantId, principalKey(caller)]) {
      const count = (this.open.get(key) ?? 0) + change;
      if (count === 0) this.open.delete(key);
      else this.open.set(key, count);
    }
  }

  private refusal(limit: StreamLimit, caller: TenantPrincipal, problem: Problem): Problem {
    REFUSED_STREAMS.inc({ limit });
    const { tenantId } = caller;
    this.refusals.say({ tenantId, principal: identityOf(caller), limit }, 'streams are refused');
    return problem;
  }

  private record({ caller, requestId, openedAt }: EventStream, ending: Ending): void {
    if (ending === 'too slow') this.droppedStreams++;
    ENDED_STREAMS.inc({ ending });
    const seconds = Math.round((performance.now() - openedAt) / 1_000);
    this.logger.log({ requestId, tenantId: caller.tenantId, seconds, ending }, 'a stream has ended');
  }
}

function principalKey(caller: TenantPrincipal): string {
  return `${caller.tenantId} ${identityOf(caller)}`;
}
