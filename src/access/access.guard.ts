import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem, RateLimited } from '../http/problem.js';
import { Identify } from './identify.js';
import { rightOf, type Principal } from './principal.js';
import { RateLimiter, type Allowance } from './rate-limiter.js';
import { inWords, mayCall, routeName } from './routes.js';

/** Runs before every route: it authenticates the caller and then checks that they may call the route. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly identify: Identify,
    private readonly rateLimiter: RateLimiter,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest & { principal?: Principal }>();
    const may = mayCall(routeName(request.method, request.routeOptions.url ?? ''));
    if (may === 'everybody') return true;
    request.principal = await this.identify.caller(request);
    await this.countAgainstLimit(request.principal, http.getResponse());
    const right = rightOf(request.principal);
    if (may[right] === undefined) {
      throw new Problem('FORBIDDEN', `This operation is for ${inWords(may)}. You are calling as ${right}.`);
    }
    return true;
  }

  /** The limit is checked before the rights, so that forbidden requests count too. */
  private async countAgainstLimit(principal: Principal, reply: FastifyReply): Promise<void> {
    const allowance = await this.rateLimiter.count(principal);
    if (allowance === null) return;
    void reply.headers(rateLimitHeaders(allowance));
    if (!allowance.isAllowed) throw new RateLimited(allowance.limit, allowance.resetSeconds);
  }
}

/**
 * Sends the fields of the current draft-ietf-httpapi-ratelimit-headers and the three fields of its earlier versions,
 * because most clients read only the earlier ones.
 */
function rateLimitHeaders({ limit, remaining, resetSeconds }: Allowance): Record<string, string> {
  return {
    'RateLimit-Policy': `"principal";q=${limit};w=60`,
    RateLimit: `"principal";r=${remaining};t=${resetSeconds}`,
    'RateLimit-Limit': String(limit),
    'RateLimit-Remaining': String(remaining),
    'RateLimit-Reset': String(resetSeconds),
  };
}
