import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { Problem } from './problem.js';
import { tooLarge } from './read-body.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    takesList?: true;
  }
}

/** Marks a route whose body is or has a list: its body can be as large as LIST_BODY_LIMIT_BYTES says. */
export const TakesList = (): MethodDecorator => RouteConfig({ takesList: true });

/**
 * Refuses what need not be read: bodies that announce more than their route takes, and all requests to unknown routes,
 * whose bodies Fastify would parse. Register it before any route.
 */
export function limitBodies(fastify: FastifyInstance, listBodyBytes: number): void {
  fastify.addHook('onRoute', (route) => {
    if (route.config?.takesList === true) route.bodyLimit = listBodyBytes;
  });
  fastify.addHook('preParsing', (request, reply, payload, done) => {
    if (request.is404) {
      done(new Problem('NOT_FOUND', `Cannot ${request.method} ${request.url.split('?', 1)[0]}`));
      return;
    }
    const length = Number(request.headers['content-length'] ?? 0);
    if (length > 0 && length > request.routeOptions.bodyLimit) {
      // The rest of the body is not read.
      void reply.header('Connection', 'close');
      done(tooLarge(request.routeOptions.bodyLimit));
      return;
    }
    done(null, payload);
  });
}
