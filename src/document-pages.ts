import { createReadStream, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { projectFolder } from './operations/build.js';

/** ReDoc with everything it needs, out of its npm package. */
const BUNDLE = createRequire(join(projectFolder(), 'package.json')).resolve(
  'redoc/bundles/redoc.standalone.js',
);
const DAY = 'public, max-age=86400';

const page = (title: string, head: string, body: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
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

const LINKS = [
  { path: '/api', text: 'Swagger UI: read the API and try it' },
  { path: '/redoc', text: 'ReDoc: read the API' },
  { path: '/api-json', text: 'OpenAPI document' },
  { path: '/health', text: 'Health' },
];

const START = page(
  'Inbox Allocation Service',
  `<style>
body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }
@media (prefers-color-scheme: dark) { body { background: #16181d; color: #e6e6e6 } a { color: #8ab4f8 } }
</style>`,
  `<h1>Inbox Allocation Service</h1>
<p>Decides which operator handles which customer conversation, now.</p>
<ul>
${LINKS.map(({ path, text }) => `<li><a href="${path}">${text}</a></li>`).join('\n')}
</ul>`,
);

/** The start page and ReDoc, beside Swagger UI. Everybody may read them: they hold nothing of any tenant. */
export function serveDocumentPages(fastify: FastifyInstance): void {
  fastify.get('/', (request, reply) => {
    void reply.header('Vary', 'Accept');
    if (asksForJson(request.headers.accept)) {
      return reply.send({ links: Object.fromEntries(LINKS.map(({ path, text }) => [path, text])) });
    }
    return reply.type('text/html; charset=utf-8').send(START);
  });
  fastify.get('/redoc', (_request, reply) => reply.type('text/html; charset=utf-8').send(REDOC));
  fastify.get('/redoc/redoc.standalone.js', (request, reply) => {
    void reply
      .type('text/javascript; charset=utf-8')
      .header('Cache-Control', DAY)
      .header('Content-Length', statSync(BUNDLE).size);
    return reply.send(request.method === 'HEAD' ? null : createReadStream(BUNDLE));
  });
}

/** Browsers name HTML; who names JSON and not HTML is a program. */
function asksForJson(accept = ''): boolean {
  return accept.includes('json') && !accept.includes('html');
}
