import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../http/problem.js';
import { RIGHTS } from './allow.js';
import { Identify } from './identify.js';
import { rightOf, type Principal, type Right } from './principal.js';

/** Stands before every route: proves the caller, then asks whether the route is theirs. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly identify: Identify,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rights = this.reflector.getAllAndOverride<Right[] | undefined>(RIGHTS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (rights === undefined)
      throw new Error(`${context.getClass().name} has a route that does not say who may call it`);
    if (rights.length === 0) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest & { principal?: Principal }>();
    request.principal = await this.identify.caller(request.headers);
    const right = rightOf(request.principal);
    if (!rights.includes(right)) {
      throw new Problem('FORBIDDEN', `This is for ${rights.join(', ')}; you are calling as ${right}.`);
    }
    return true;
  }
}
