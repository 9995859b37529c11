import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';
import { REVALIDATE, serveFixed } from './http/fixed-response.js';
import { openApiDocument } from './openapi-document.js';
import { projectFolder } from './operations/build.js';

/** ReDoc from its npm package. The build copies it, because production does not install that package. */
const BUNDLE = join(projectFolder(), 'dist/node_modules/redoc/bundles/redoc.standalone.js');
/** Replaces the only address that ReDoc would fetch from elsewhere by an empty image. */
const REMOTE_LOGO = 'https://cdn.redoc.ly/redoc/logo-mini.svg';
const NO_LOGO = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E";
const DAY = 'public, max-age=86400';

/** Browsers request `/favicon.ico` when a page names no icon. */
const ICON =
  "<link rel=\"icon\" href=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E" +
  "%3Cpath fill='%23328f62' d='M1 2h14v9h-7l-4 4v-4h-3z'/%3E%3C/svg%3E\">";

/**
 * An operation must fit on two screens of 800 pixels. It has up to a dozen errors. Their codes are next to the
 * statuses, but their similar examples would make it four times as high. ReDoc shows them on demand.
 */
const SWAGGER_CSS = `
.swagger-ui tr.response:is([data-code^="4"], [data-code^="5"]) .response-col_description > :not(:first-child),
.swagger-ui tr.response[data-code^="2"] ~ tr.response[data-code^="2"] .headers-wrapper,
.swagger-ui .response-control-media-type:has(option:only-child),
.swagger-ui .response-col_links { display: none }
.swagger-ui tr.response:is([data-code^="4"], [data-code^="5"]) > td { padding: 0 }
.swagger-ui tr.response[data-code] p { margin: 2px 0 }
.swagger-ui tr.response[data-code] .example { max-height: 10rem }
.swagger-ui .response-controls { padding: 0 }
.swagger-ui textarea.body-param__text { field-sizing: content; height: auto; min-height: 6rem; max-height: 16rem }
.swagger-ui .opblock-body .opblock-section-header { padding-block: 4px; min-height: 0 }
.swagger-ui .opblock-body :is(.table-container, .responses-inner, .execute-wrapper) { padding-block: 10px }
.swagger-ui :is(table.headers, table.parameters) :is(td, th) { padding-block: 3px }
.swagger-ui .parameters-col_description p { font-size: 14px; margin: 2px 0 }
.swagger-ui .parameters-col_description :is(input, select) { padding-block: 4px; margin-block: 2px }
`;

const page = (title: string, head: string, body: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
${ICON}
${head}
</head>
<body>
${body}
</body>
</html>
`;

const REDOC = page(
  'Inbox Allocation Service – API reference',
  '<style>body { margin: 0 }</style>',
  `<redoc spec-url="/api-json" hide-loading="true" json-sample-expand-level="3"></redoc>
<script src="/redoc/redoc.standalone.js"></script>`,
);

interface Link {
  readonly path: string;
  readonly text: string;
}

const WEB_LINKS: readonly Link[] = [
  { path: '/board', text: 'Board: see queues and people, and act' },
  { path: '/desk', text: 'Desk: handle conversations' },
];

const LINKS: readonly Link[] = [
  { path: '/api', text: 'Swagger UI: read the API and try it' },
  { path: '/redoc', text: 'ReDoc: read the API' },
  { path: '/api-json', text: 'OpenAPI document' },
  { path: '/health', text: 'Health' },
];

const startPage = (links: readonly Link[]) =>
  page(
    'Inbox Allocation Service',
    `<style>
body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }
@media (prefers-color-scheme: dark) { body { background: #16181d; color: #e6e6e6 } a { color: #8ab4f8 } }
</style>`,
    `<h1>Inbox Allocation Service</h1>
<p>Decides which operator handles which customer conversation, now.</p>
<ul>
${links.map(({ path, text }) => `<li><a href="${path}">${text}</a></li>`).join('\n')}
</ul>`,
  );

/** Swagger UI and its files, but nothing of the API itself. */
const SWAGGER_UI = /^\/api(\/(?!v1\/).*)?$/;

/**
 * The start page, Swagger UI, ReDoc and the document itself. Everybody can read them, because they contain no data of
 * tenants; for the same reason they are made once, and browsers may keep them.
 * @param hasWebPages whether the start page links the board and the desk
 */
export function serveDocumentPages(app: NestFastifyApplication, hasWebPages: boolean): void {
  const fastify = app.getHttpAdapter().getInstance();
  serveStartPage(fastify, hasWebPages ? [...WEB_LINKS, ...LINKS] : LINKS);
  serveRedoc(fastify);
  serveDocument(fastify, () => openApiDocument(app));
  fastify.addHook('onRoute', (route) => {
    if (!SWAGGER_UI.test(route.url)) return;
    route.onRequest = (_request, reply, done) => {
      void reply.header('Cache-Control', REVALIDATE);
      done();
    };
  });
  // Without a document of its own, Swagger UI loads the one that serveDocument made.
  SwaggerModule.setup('api', app, () => undefined as never, {
    raw: false,
    swaggerUrl: '/api-json',
    customSiteTitle: 'Inbox Allocation Service',
    customCss: SWAGGER_CSS,
    swaggerOptions: {
      // Swagger UI would send the address of the document to a server of its makers.
      validatorUrl: null,
      persistAuthorization: true,
      displayRequestDuration: true,
      docExpansion: 'list',
      // Schemas are collapsed, because each is shown where it is used.
      defaultModelsExpandDepth: 0,
      filter: true,
      displayOperationId: false,
      tryItOutEnabled: true,
    },
  });
}

function serveStartPage(fastify: FastifyInstance, links: readonly Link[]): void {
  const html = startPage(links);
  fastify.get('/', (request, reply) => {
    void reply.headers({ Vary: 'Accept', 'Cache-Control': REVALIDATE });
    if (asksForJson(request.headers.accept)) {
      return reply.send({ links: Object.fromEntries(links.map(({ path, text }) => [path, text])) });
    }
    return reply.type('text/html; charset=utf-8').send(html);
  });
}

function serveRedoc(fastify: FastifyInstance): void {
  serveFixed(fastify, { path: '/redoc', type: 'text/html; charset=utf-8', make: () => REDOC });
  serveFixed(fastify, {
    path: '/redoc/redoc.standalone.js',
    type: 'text/javascript; charset=utf-8',
    cacheControl: DAY,
    make: async () => (await readFile(BUNDLE, 'utf8')).replaceAll(REMOTE_LOGO, NO_LOGO),
  });
}

function serveDocument(fastify: FastifyInstance, make: () => OpenAPIObject): void {
  let document: OpenAPIObject | undefined;
  const made = () => (document ??= make());
  serveFixed(fastify, {
    path: '/api-json',
    type: 'application/json; charset=utf-8',
    make: () => JSON.stringify(made()),
  });
  serveFixed(fastify, {
    path: '/api-yaml',
    type: 'text/yaml; charset=utf-8',
    make: async () => {
      const { dump } = await import('js-yaml');
      return dump(made(), { skipInvalid: true, noRefs: true });
    },
  });
}

/** Browsers accept HTML. A client that accepts JSON but not HTML is a program. */
function asksForJson(accept = ''): boolean {
  return accept.includes('json') && !accept.includes('html');
}
