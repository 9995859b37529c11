import type { FastifyInstance } from 'fastify';
import type { AccessGuard } from './access.guard.js';
import { RIGHTS } from './rights.js';
import { findMay, routeName } from './routes.js';

/** Routes without a controller: the start page, Swagger UI, ReDoc, their files, and responses to CORS preflights. */
const WITHOUT_CONTROLLER =
  /^(OPTIONS \*|GET \/(redoc(\/redoc\.standalone\.js)?)?|GET \/api(-json|-yaml|\/(?!v1\/).*)?)$/;

/**
 * Puts the guard before every route that is not for everybody, and fails the start of the service when its routes and the
 * table of rights differ. Call it before any route is mapped.
 * @param guard the guard; there is none when routes are mapped only to document them
 */
export function protectRoutes(fastify: FastifyInstance, guard: () => AccessGuard): void {
  const mapped = new Set<string>();
  fastify.addHook('onRoute', (route) => {
    const names = [route.method].flat().map((method) => routeName(method, route.url));
    for (const name of names) mapped.add(name);
    if (names.every((name) => isOpen(name))) return;
    route.preParsing = async (request, reply) => guard().admit(request, reply);
    route.preValidation = async (request, reply) => guard().admitSigned(request, reply);
  });
  fastify.addHook('onReady', (done) => {
    const problems = differences(mapped);
    done(
      problems.length === 0 ? undefined : new Error(`the table of rights is wrong: ${problems.join(', ')}`),
    );
  });
}

function isOpen(name: string): boolean {
  return findMay(name) === 'everybody' || WITHOUT_CONTROLLER.test(name);
}

function differences(mapped: ReadonlySet<string>): string[] {
  const named = RIGHTS.flatMap(({ routes }) => routes);
  return [
    ...[...mapped]
      .filter((name) => findMay(name) === undefined && !WITHOUT_CONTROLLER.test(name))
      .map((name) => `${name} is missing`),
    ...named.filter((name) => !mapped.has(name)).map((name) => `${name} does not exist`),
    ...named.filter((name, i) => named.indexOf(name) !== i).map((name) => `${name} is listed twice`),
  ];
}
