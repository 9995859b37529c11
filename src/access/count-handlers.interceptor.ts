import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { finalize, type Observable } from 'rxjs';
import { RequestsInFlight } from './requests-in-flight.js';

/** Tells `RequestsInFlight` while the handler of a route works, also when its client has left. */
@Injectable()
export class CountHandlers implements NestInterceptor {
  constructor(private readonly inFlight: RequestsInFlight) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    this.inFlight.handle(reply.raw);
    // Only a stream has begun its response here.
    return next.handle().pipe(finalize(() => this.inFlight.handled(reply.raw, reply.sent)));
  }
}
