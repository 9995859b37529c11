import { AsyncResource } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem, RateLimited } from '../http/problem.js';
import type { Proof } from './api-key-verifier.js';
import { FailedAuthentications } from './failed-authentications.js';
import { GuessLimiter, type Check } from './guess-limiter.js';
import { Identify } from './identify.js';
import {
  identityOf,
  rightOf,
  type CallerIdentity,
  type Principal,
  type TenantPrincipal,
} from './principal.js';
import { RateLimiter, type Allowance } from './rate-limiter.js';
import { RefusedRequests } from './refused-requests.js';
import { requireScope } from './require-scope.js';
import { RequestsInFlight } from './requests-in-flight.js';
import { inWords, mayCall, routeName, scopesFor } from './routes.js';
import { Unauthenticated } from './unauthenticated.js';

export type GuardedRequest = FastifyRequest & { principal?: Principal };

/**
 * Guards every route: it authenticates the caller, checks their limits, and then that they may call the route. Guards of
 * Nest run when the body is parsed already, so protectRoutes calls this from hooks of Fastify.
 */
@Injectable()
export class AccessGuard {
  /** Callers whose signature covers the body. */
  private readonly unproven = new WeakMap<GuardedRequest, Proof>();

  constructor(
    private readonly identify: Identify,
    private readonly inFlight: RequestsInFlight,
    private readonly rateLimiter: RateLimiter,
    private readonly refused: RefusedRequests,
    private readonly failures: FailedAuthentications,
    private readonly guesses: GuessLimiter,
  ) {}

  /** Before the body is read. */
  async admit(request: GuardedRequest, reply: FastifyReply): Promise<void> {
    const key = this.identify.guessableKey(request.headers);
    const check = key === null ? null : await this.guesses.beforeCheck(key, request, reply);
    const caller = await this.identified(request, reply, check, () =>
      this.identify.caller(request.raw, (tenantId, identity) => {
        check?.passed();
        const entering = { tenantId, identity };
        request.caller = inLog(entering);
        return this.inFlight.enter(entering, reply.raw, request.socket);
      }),
    );
    if (typeof caller !== 'function') return this.admitAs(caller, request, reply);
    this.unproven.set(request, caller);
    // The body arrives outside of the context in which the request began, which belongs to its trace.
    request.checkBody = AsyncResource.bind((body: Buffer) => this.admitSigned(request, reply, body));
  }

  /**
   * When the body has been read: for callers who have to prove who they are by it.
   * @param body undefined when there is none
   */
  async admitSigned(request: GuardedRequest, reply: FastifyReply, body?: Buffer): Promise<void> {
    const prove = this.unproven.get(request);
    if (prove === undefined) return;
    this.unproven.delete(request);
    const principal = await this.identified(request, reply, null, () => prove(body));
    await this.admitAs(principal, request, reply);
  }

  /**
   * Counts, logs and slows down who does not prove who they are. Any other Problem is for callers who have proven it.
   * @param check null when no key is checked that could be a guess
   */
  private async identified<T>(
    request: GuardedRequest,
    reply: FastifyReply,
    check: Check | null,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      const result = await work();
      check?.passed();
      return result;
    } catch (error) {
      if (error instanceof Unauthenticated) {
        request.caller = inLog(error.claimed);
        this.failures.count(error, request);
        this.inFlight.leave(reply.raw);
        if (check === null) await this.guesses.afterFailure(request, reply);
        else check.failed();
      } else if (error instanceof Problem) check?.passed();
      else check?.gaveUp();
      throw error;
    }
  }

  private async admitAs(principal: Principal, request: GuardedRequest, reply: FastifyReply): Promise<void> {
    request.principal = principal;
    request.caller = principal.kind === 'platform' ? PLATFORM : inLog(callerOf(principal));
    await this.countAgainstRates(principal, reply);
    const route = routeName(request.method, request.routeOptions.url ?? '');
    const may = mayCall(route);
    const right = rightOf(principal);
    if (may !== 'everybody' && may[right] === undefined) {
      const detail = `This operation is for ${inWords(may)}. You are calling as ${right}.`;
      throw new Problem('FORBIDDEN', detail, {}, `not for ${right}`);
    }
    if (principal.kind === 'service') requireScope(principal, scopesFor(route));
  }

  /** The rates are checked before the rights, so that forbidden requests count too. */
  private async countAgainstRates(principal: Principal, reply: FastifyReply): Promise<void> {
    const allowances = await this.rateLimiter.count(principal);
    const [tightest] = [...allowances].sort(
      (one, other) => one.left - other.left || other.resetSeconds - one.resetSeconds,
    );
    if (tightest === undefined) return;
    void reply.headers(rateLimitHeaders(allowances, tightest));
    if (tightest.left >= 0) return;
    this.refused.count(
      principal.kind === 'platform' ? null : callerOf(principal),
      `${tightest.account} rate`,
    );
    throw new RateLimited(tightest);
  }
}

/**
 * Sends the fields of the current draft-ietf-httpapi-ratelimit-headers with every account. The three fields of its earlier
 * versions, because most clients read only those, can describe one: the account with the fewest requests left.
 */
function rateLimitHeaders(all: readonly Allowance[], tightest: Allowance): Record<string, string> {
  return {
    'RateLimit-Policy': all.map(({ account, limit }) => `"${account}";q=${limit};w=60`).join(', '),
    RateLimit: all
      .map(({ account, left, resetSeconds }) => `"${account}";r=${Math.max(0, left)};t=${resetSeconds}`)
      .join(', '),
    'RateLimit-Limit': String(tightest.limit),
    'RateLimit-Remaining': String(Math.max(0, tightest.left)),
    'RateLimit-Reset': String(tightest.resetSeconds),
  };
}

type LoggedCaller = NonNullable<FastifyRequest['caller']>;

const PLATFORM: LoggedCaller = { tenant: null, caller: 'platform' };

/** @param claimed null when the request does not say who is calling */
function inLog(claimed: CallerIdentity | null): LoggedCaller {
  return { tenant: claimed?.tenantId ?? null, caller: claimed?.identity ?? null };
}

function callerOf(principal: TenantPrincipal): CallerIdentity {
  return { tenantId: principal.tenantId, identity: identityOf(principal) };
}
