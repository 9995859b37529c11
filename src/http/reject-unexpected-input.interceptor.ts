import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { ValidationFailed } from './problem.js';

/** Probes can add parameters. A response of 400 would take a healthy instance out of service. */
const FOR_PROBES = /^\/(health|ready|version|metrics)(\?|$)/;

/**
 * Rejects a query or a body on routes that take none. Other routes reject unknown fields one by one, and this is the
 * same mistake of a client.
 */
export class RejectUnexpectedInput implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { url, query, body } = context.switchToHttp().getRequest<FastifyRequest>();
    if (FOR_PROBES.test(url)) return next.handle();
    const [parameter] = Object.keys(query as object);
    if (parameter !== undefined && !takes(context, RouteParamtypes.QUERY)) {
      throw new ValidationFailed([{ field: parameter, message: 'this request has no query' }]);
    }
    if (!isNothing(body) && !takes(context, RouteParamtypes.BODY)) {
      throw new ValidationFailed([{ field: 'body', message: 'this request has no body' }]);
    }
    return next.handle();
  }
}

/** Whether the controller method takes a query or a body. Nest stores it under `<kind>:<index>`. */
function takes(context: ExecutionContext, kind: RouteParamtypes): boolean {
  const parameters = Reflect.getMetadata(
    ROUTE_ARGS_METADATA,
    context.getClass(),
    context.getHandler().name,
  ) as object | undefined;
  return Object.keys(parameters ?? {}).some((key) => key.startsWith(`${kind}:`));
}

/** Many clients send `{}` when they have no body. */
function isNothing(body: unknown): boolean {
  if (body === undefined) return true;
  return typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length === 0;
}
