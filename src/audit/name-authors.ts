import type { FastifyInstance } from 'fastify';
import type { GuardedRequest } from '../access/access.guard.js';
import { AUDITED_ROUTES, routeName } from '../access/routes.js';
import { actAs } from './author.js';

/** Makes the caller the author of what a route changes, for the routes that change the configuration. */
export function nameAuthors(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    const names = [route.method].flat().map((method) => routeName(method, route.url));
    if (!names.some((name) => AUDITED_ROUTES.has(name))) return;
    route.preHandler = ({ principal, id }: GuardedRequest, _reply, done) => {
      if (principal === undefined) done();
      else actAs(principal, id, done);
    };
  });
}
