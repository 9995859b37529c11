import { join } from 'node:path';
import helmet from '@fastify/helmet';
import { Logger, RequestMethod } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AccessGuard } from './access/access.guard.js';
import { protectRoutes } from './access/protect-routes.js';
import { OPEN_ROUTES, PREFIX } from './access/routes.js';
import { nameAuthors } from './audit/name-authors.js';
import type { Environment } from './config/environment.js';
import { Database } from './database/database.js';
import { ProblemFilter } from './http/problem.filter.js';
import { RejectUnexpectedInput } from './http/reject-unexpected-input.interceptor.js';
import { validation } from './http/validation.pipe.js';
import { serveDocumentPages } from './document-pages.js';
import { readLogIn } from './log-in.js';
import { projectFolder } from './operations/build.js';
import { serveWebPages } from './web-pages.js';

/** Response headers that pages of other origins can read. */
const READ_BY_DESKS = [
  'ETag',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  'X-Request-Id',
  'Idempotency-Replayed',
];

/** The configuration of all routes, for the service and for tests. */
export async function configureApplication(
  app: NestFastifyApplication,
  environment: Environment,
): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  protectRoutes(fastify, () => app.get(AccessGuard));
  nameAuthors(fastify);
  app.setGlobalPrefix(PREFIX, {
    exclude: OPEN_ROUTES.map((name) => ({ path: name.replace('GET ', ''), method: RequestMethod.GET })),
  });
  app.useGlobalInterceptors(new RejectUnexpectedInput());
  app.useGlobalPipes(validation);
  app.useGlobalFilters(new ProblemFilter());
  app.enableShutdownHooks([]);
  if (environment.corsOrigins.length > 0) {
    app.enableCors({
      origin: environment.corsOrigins,
      methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: READ_BY_DESKS,
      maxAge: 600,
    });
  }
  await app.register(helmet, {
    // Swagger UI and ReDoc set inline styles, and ReDoc creates a worker for its search. All files come from this
    // service.
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        workerSrc: ["'self'", 'blob:'],
        // The service itself speaks plain HTTP. The proxy that adds TLS can upgrade requests.
        upgradeInsecureRequests: null,
      },
    },
  });
  if (environment.webUi) {
    const log = new Logger('WebPages');
    serveWebPages(fastify, {
      folder: join(projectFolder(), 'web/dist'),
      logIn: () => readLogIn(environment, app.get(Database)),
      warn: (message) => log.warn(message),
    });
  }
  if (environment.serveDocuments) serveDocumentPages(app, environment.webUi);
}
