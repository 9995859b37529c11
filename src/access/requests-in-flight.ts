import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { onceOver } from '../http/once-over.js';
import { Problem } from '../http/problem.js';
import { SlowPath } from '../http/slow-path.js';
import type { CallerIdentity } from './principal.js';
import { RefusedRequests, WAITING, type RefusalReason } from './refused-requests.js';

/** The share of its tenant's requests that one principal can have, those that wait included. */
const SHARE_OF_PRINCIPAL = 1 / 4;

/** What a caller reads. */
const DETAILS = {
  'principal in flight':
    'You have too many requests without a response on this instance. Wait for some of them.',
  'tenant in flight': 'Your tenant has too many requests without a response on this instance. Wait a moment.',
  'waited too long': 'None of your requests at work on this instance has ended in time for the next one.',
} satisfies Partial<Record<RefusalReason, string>>;

/** The requests of a principal without a response. */
interface Line {
  readonly caller: CallerIdentity;
  /** Those at work. */
  running: number;
  /** The others, in the order in which they came. */
  readonly waiting: Set<RequestInFlight>;
}

interface RequestInFlight {
  readonly line: Line;
  state: 'waiting' | 'running' | 'ended';
  /** Whether the handler of the route runs. */
  isHandled: boolean;
  /** Whether the response is complete or the client has left. */
  isClosed: boolean;
  /** Lets a waiting request run. */
  admit: () => void;
  /** Refuses a waiting request. */
  refuse: (problem: Problem) => void;
}

/**
 * Limits the requests that this instance works on for a principal, and those without a response of a tenant. A principal
 * with too many waits for its own, so a burst is served a little later. It is refused when the line is too long or too
 * slow. This is counted in memory. `Lanes` shares the connections between the tenants.
 * | A request ends when its response is complete. When the client leaves earlier, it ends when its handler has: clients
 * who leave at once would have no limit otherwise.
 */
@Injectable()
export class RequestsInFlight {
  private readonly lines = new Map<string, Line>();
  private readonly ofTenant = new Map<string, number>();
  private readonly slowPath = new SlowPath();
  private readonly requests = new WeakMap<ServerResponse, RequestInFlight>();

  constructor(
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    private readonly refused: RefusedRequests,
  ) {}

  /** The requests of a tenant without a response. */
  count(tenantId: string): number {
    return this.ofTenant.get(tenantId) ?? 0;
  }

  /**
   * Counts a request until it ends. Resolves when it can run.
   * @throws RATE_LIMITED
   */
  async enter(caller: CallerIdentity, response: ServerResponse, socket: Socket): Promise<void> {
    const reason = this.fullFor(caller);
    if (reason !== null) {
      await this.slowPath.turn();
      throw this.refusal(caller, reason);
    }
    const line = this.lineOf(caller);
    const request: RequestInFlight = {
      line,
      state: 'running',
      isHandled: false,
      isClosed: false,
      admit: () => undefined,
      refuse: () => undefined,
    };
    this.requests.set(response, request);
    this.ofTenant.set(caller.tenantId, this.count(caller.tenantId) + 1);
    if (line.running < this.environment.requestsInFlight.ofPrincipal) line.running++;
    else request.state = 'waiting';
    onceOver(socket, response, () => {
      request.isClosed = true;
      if (!request.isHandled) this.end(request);
    });
    if (request.isClosed) throw clientLeft();
    if (request.state === 'waiting') await this.turn(request);
  }

  /** The handler of the route begins. Without a client it would work for nobody. */
  handle(response: ServerResponse): void {
    const request = this.requests.get(response);
    if (request === undefined) return;
    if (request.isClosed) throw clientLeft();
    request.isHandled = true;
  }

  /**
   * The handler of the route has ended.
   * @param isStream the response goes on for as long as the client wants, and counts no more
   */
  handled(response: ServerResponse, isStream: boolean): void {
    const request = this.requests.get(response);
    if (request === undefined) return;
    request.isHandled = false;
    if (request.isClosed || isStream) this.end(request);
  }

  /** The request will be refused, so it makes room for others already. */
  leave(response: ServerResponse): void {
    const request = this.requests.get(response);
    if (request !== undefined) this.end(request);
  }

  /** @returns null when there is room for another request */
  private fullFor(caller: CallerIdentity): keyof typeof DETAILS | null {
    const { ofTenant } = this.environment.requestsInFlight;
    const line = this.lines.get(keyOf(caller));
    const own = line === undefined ? 0 : line.running + line.waiting.size;
    if (own >= Math.max(1, Math.floor(ofTenant * SHARE_OF_PRINCIPAL))) return 'principal in flight';
    return this.count(caller.tenantId) >= ofTenant ? 'tenant in flight' : null;
  }

  private lineOf(caller: CallerIdentity): Line {
    const key = keyOf(caller);
    const line = this.lines.get(key) ?? { caller, running: 0, waiting: new Set() };
    this.lines.set(key, line);
    return line;
  }

  private turn(request: RequestInFlight): Promise<void> {
    const { caller, waiting } = request.line;
    return new Promise((resolve, reject) => {
      const left = () => {
        clearTimeout(timer);
        waiting.delete(request);
        WAITING.dec();
      };
      request.admit = () => {
        left();
        resolve();
      };
      request.refuse = (problem) => {
        left();
        reject(problem);
      };
      // Nothing on this instance waits longer for its turn.
      const timer = setTimeout(() => {
        this.end(request, this.refusal(caller, 'waited too long'));
      }, this.environment.database.connectionTimeoutMs);
      waiting.add(request);
      WAITING.inc();
    });
  }

  private end(request: RequestInFlight, problem = clientLeft()): void {
    const { line, state } = request;
    if (state === 'ended') return;
    request.state = 'ended';
    const { tenantId } = line.caller;
    const left = this.count(tenantId) - 1;
    if (left === 0) this.ofTenant.delete(tenantId);
    else this.ofTenant.set(tenantId, left);
    if (state === 'waiting') request.refuse(problem);
    else this.callNext(line);
  }

  /** The next one takes the place of a request that has ended. */
  private callNext(line: Line): void {
    const [next] = line.waiting;
    if (next !== undefined) {
      next.state = 'running';
      next.admit();
    } else if (--line.running === 0) this.lines.delete(keyOf(line.caller));
  }

  private refusal(caller: CallerIdentity, reason: keyof typeof DETAILS): Problem {
    this.refused.count(caller, reason);
    return new Problem('RATE_LIMITED', DETAILS[reason], {}, reason);
  }
}

function keyOf({ tenantId, identity }: CallerIdentity): string {
  return `${tenantId} ${identity}`;
}

/** Nobody reads it. */
function clientLeft(): Problem {
  return new Problem('REQUEST_TIMEOUT', 'The client has left.');
}
