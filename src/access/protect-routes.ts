import type { FastifyInstance } from 'fastify';
import type { AccessGuard } from './access.guard.js';
import { LOCATED_ROUTES, locatedRoute, OPEN_ROUTES } from './routes.js';

/** Routes without a controller: the pages, Swagger UI, ReDoc, their files, and responses to CORS preflights. */
const WITHOUT_CONTROLLER =
  /^(OPTIONS \*|GET \/(board|desk|web\/.+)|GET \/(redoc(\/redoc\.standalone\.js)?)?|GET \/api(-json|-yaml|\/(?!v1\/).*)?)$/;

/**
 * Puts the guard before every route that is not for everybody, and fails the start of the service when its routes and the
 * table of rights differ. Call it before any route is mapped. It looks at whole paths: a page that everybody can read
 * may have the name of a route of the API.
 * @param guard the guard; there is none when routes are mapped only to document them
 */
export function protectRoutes(fastify: FastifyInstance, guard: () => AccessGuard): void {
  const mapped = new Set<string>();
  fastify.addHook('onRoute', (route) => {
    const located = [route.method].flat().map((method) => locatedRoute(method, route.url));
    for (const each of located) mapped.add(each);
    if (located.every((each) => isOpen(each))) return;
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

function isOpen(located: string): boolean {
  return WITHOUT_CONTROLLER.test(located) || OPEN_ROUTES.some((name) => name === located);
}

function differences(mapped: ReadonlySet<string>): string[] {
  const listed = new Set(LOCATED_ROUTES);
  return [
    ...[...mapped]
      .filter((route) => !listed.has(route) && !WITHOUT_CONTROLLER.test(route))
      .map((route) => `${route} is missing`),
    ...LOCATED_ROUTES.filter((route) => !mapped.has(route)).map((route) => `${route} does not exist`),
    ...LOCATED_ROUTES.filter((route, i) => LOCATED_ROUTES.indexOf(route) !== i).map(
      (route) => `${route} is listed twice`,
    ),
  ];
}
