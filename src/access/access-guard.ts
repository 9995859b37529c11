import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../http/problem.js';
import { Identify } from './identify.js';
import { rightOf, type Principal } from './principal.js';
import { inWords, mayCall, routeName } from './routes.js';

/** Stands before every route: proves the caller, then asks whether the route is theirs. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly identify: Identify) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest & { principal?: Principal }>();
    const may = mayCall(routeName(request.method, request.routeOptions.url ?? ''));
    if (may === 'everybody') return true;
    request.principal = await this.identify.caller(request.headers);
    const right = rightOf(request.principal);
    if (may[right] === undefined) {
      throw new Problem('FORBIDDEN', `This is for ${inWords(may)}; you are calling as ${right}.`);
    }
    return true;
  }
}
