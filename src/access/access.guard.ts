import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem, RateLimited } from '../http/problem.js';
import { Identify } from './identify.js';
import { identityOf, rightOf, type Principal } from './principal.js';
import { RateLimiter, type Allowance } from './rate-limiter.js';
import { RefusedRequests } from './refused-requests.js';
import { RequestsInFlight } from './requests-in-flight.js';
import { inWords, mayCall, routeName } from './routes.js';

/**
 * Runs before every route: it authenticates the caller, checks their limits, and then that they may call the route.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly identify: Identify,
    private readonly inFlight: RequestsInFlight,
    private readonly rateLimiter: RateLimiter,
    private readonly refused: RefusedRequests,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest & { principal?: Principal }>();
    const reply = http.getResponse<FastifyReply>();
    const may = mayCall(routeName(request.method, request.routeOptions.url ?? ''));
    if (may === 'everybody') return true;
    request.principal = await this.identify.caller(request, (tenantId, identity) =>
      this.inFlight.enter({ tenantId, identity }, reply.raw, request.socket),
    );
    await this.countAgainstRates(request.principal, reply);
    const right = rightOf(request.principal);
    if (may[right] === undefined) {
      throw new Problem('FORBIDDEN', `This operation is for ${inWords(may)}. You are calling as ${right}.`);
    }
    return true;
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
    const caller =
      principal.kind === 'platform'
        ? null
        : { tenantId: principal.tenantId, identity: identityOf(principal) };
    this.refused.count(caller, `${tightest.account} rate`);
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
