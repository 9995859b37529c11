import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { identityOf, type TenantPrincipal } from '../access/principal.js';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database } from '../database/database.js';
import { Problem } from '../http/problem.js';
import { CatchUp } from './catch-up.js';
import { EventStream, type Ending } from './event-stream.js';
import { Outages } from './outages.js';
import { ENDED_STREAMS, OPEN_STREAMS } from './stream-metrics.js';
import { TenantPolls } from './tenant-polls.js';

/** Readers come back after a moment by chance: those of an instance that stopped do not come all at once. */
const RETRY_MS = { from: 1_000, to: 5_000 };
/** The largest share of a lifetime by which a stream ends early, by chance, for the same reason. */
const LIFETIME_SPREAD = 0.2;

/** All streams of this instance: lets them in, keeps them alive, ends them. Who is told what, its parts know. */
@Injectable()
export class StreamHub implements BeforeApplicationShutdown {
  /** Streams that were ended because their readers did not read, since the start. */
  droppedStreams = 0;
  private readonly logger = new Logger(StreamHub.name);
  /** With the moments at which they end, in milliseconds of the process's own clock. */
  private readonly streams = new Map<EventStream, number>();
  private readonly polls: TenantPolls;
  private readonly catchUp: CatchUp;
  private beats: NodeJS.Timeout | undefined;
  private isStopping = false;

  constructor(
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    database: Database,
  ) {
    const outages = new Outages(this.logger);
    const { pollIntervalMs, heartbeatSeconds } = environment.streams;
    const pace = { pollIntervalMs, heartbeatMs: heartbeatSeconds * 1_000 };
    this.polls = new TenantPolls(database, outages, pace, (stream) => this.catchUp.add(stream));
    this.catchUp = new CatchUp(database, outages, (stream) => this.polls.join(stream));
  }

  get openStreams(): number {
    return this.streams.size;
  }

  /** Seconds since the tenant that is furthest behind was last told everything there was. */
  get lagSeconds(): number {
    return this.polls.lagSeconds;
  }

  /** @throws STREAMS_UNAVAILABLE, TOO_MANY_STREAMS */
  requireRoom(caller: TenantPrincipal): void {
    const { limit, limitPerPrincipal } = this.environment.streams;
    if (this.isStopping)
      throw new Problem('SHUTTING_DOWN', 'This instance is stopping. Try again in a moment.');
    if (this.streams.size >= limit) {
      throw new Problem(
        'STREAMS_UNAVAILABLE',
        `This instance has ${limit} streams open. Try again in a moment.`,
      );
    }
    let own = 0;
    for (const { caller: other } of this.streams.keys()) {
      if (other.tenantId === caller.tenantId && identityOf(other) === identityOf(caller)) own++;
    }
    if (own >= limitPerPrincipal) {
      throw new Problem(
        'TOO_MANY_STREAMS',
        `You have ${own} streams open on this instance. Close one, or share it.`,
      );
    }
  }

  add(stream: EventStream): void {
    if (!stream.isOpen) return;
    const { lifetimeSeconds, heartbeatSeconds } = this.environment.streams;
    const lifetimeMs = lifetimeSeconds * 1_000 * (1 - Math.random() * LIFETIME_SPREAD);
    this.streams.set(stream, performance.now() + lifetimeMs);
    OPEN_STREAMS.inc();
    stream.whenClosed(() => this.remove(stream));
    stream.begin(Math.round(RETRY_MS.from + Math.random() * (RETRY_MS.to - RETRY_MS.from)));
    this.beats ??= setInterval(() => this.beat(), heartbeatSeconds * 1_000);
    this.catchUp.add(stream);
  }

  /** Before connections are waited for: streams would never end by themselves. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    for (const stream of this.streams.keys()) stream.end('service stops');
    // What the operating system did not take by now, nobody waits for.
    setImmediate(() => this.streams.forEach((_, stream) => stream.drop('service stops')));
    await Promise.all([this.polls.stop(), this.catchUp.stop()]);
  }

  private beat(): void {
    const now = performance.now();
    for (const [stream, endsAt] of this.streams) {
      // It has ended, and its reader has not taken the end for as long as between two beats.
      if (!stream.isOpen) stream.drop(stream.ending);
      else if (endsAt <= now) stream.end('lifetime over');
      else stream.beat();
    }
  }

  private remove(stream: EventStream): void {
    this.streams.delete(stream);
    OPEN_STREAMS.dec();
    this.polls.leave(stream);
    if (this.streams.size === 0) {
      clearInterval(this.beats);
      this.beats = undefined;
    }
    this.tell(stream, stream.ending);
  }

  private tell({ caller, requestId, openedAt }: EventStream, ending: Ending): void {
    if (ending === 'too slow') this.droppedStreams++;
    ENDED_STREAMS.inc({ ending });
    const seconds = Math.round((performance.now() - openedAt) / 1_000);
    this.logger.log({ requestId, tenantId: caller.tenantId, seconds, ending }, 'a stream has ended');
  }
}
