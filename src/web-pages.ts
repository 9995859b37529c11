import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { FastifyInstance, RouteShorthandOptions } from 'fastify';
import { FixedResponse, serveFixed } from './http/fixed-response.js';
import { Problem } from './http/problem.js';
import type { LogIn } from './log-in.js';

/** The pages, and the files that Vite makes of them. */
const PAGES = { '/board': 'board.html', '/desk': 'desk.html' };
const LICENSES = 'licenses.md';
const RELOAD = 'reload.js';
const ASSETS = 'assets';
/** Their names contain a hash of their content, so browsers need not ask again. */
const FOREVER = 'public, max-age=31536000, immutable';
const NOT_BUILT =
  'The board and the desk are not built. Build them with "npm run web:build", then start the service again.';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** Nothing that customers call themselves can run as a script. uPlot styles its elements from scripts, which is allowed. */
const STRICT: RouteShorthandOptions = {
  helmet: {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        fontSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
  },
};

interface Folder {
  /** Where Vite puts the pages. It is read at the start, so that a later build does not mix with this one. */
  readonly folder: string;
  /** Says how the page can log somebody in. */
  readonly logIn: () => Promise<LogIn>;
  readonly warn: (message: string) => void;
}

/** The board and the desk. Everybody can read them: they contain no data of tenants, and get them from the API. */
export function serveWebPages(fastify: FastifyInstance, { folder, logIn, warn }: Folder): void {
  fastify.get('/web/log-in.json', async (_request, reply) =>
    reply.header('Cache-Control', 'no-store').send(await logIn()),
  );
  const isBuilt = [...Object.values(PAGES), LICENSES, RELOAD, ASSETS].every((file) =>
    existsSync(join(folder, file)),
  );
  if (!isBuilt) {
    warn(NOT_BUILT);
    for (const path of Object.keys(PAGES)) {
      fastify.get(path, () => {
        throw new Problem('NOT_FOUND', NOT_BUILT);
      });
    }
    return;
  }
  for (const [path, file] of Object.entries(PAGES)) {
    serveFixed(fastify, { path, ...contentOf(folder, file), options: STRICT });
  }
  for (const file of [LICENSES, RELOAD])
    serveFixed(fastify, { path: `/web/${file}`, ...contentOf(folder, file) });
  serveAssets(fastify, join(folder, ASSETS));
}

function serveAssets(fastify: FastifyInstance, folder: string): void {
  const assets = new Map(
    readdirSync(folder).map((name) => [
      name,
      new FixedResponse({ ...contentOf(folder, name), cacheControl: FOREVER }),
    ]),
  );
  fastify.get<{ Params: { name: string } }>(`/web/${ASSETS}/:name`, (request, reply) => {
    const asset = assets.get(request.params.name);
    if (asset === undefined) throw new Problem('NOT_FOUND', `There is no file ${request.params.name}.`);
    return asset.send(request, reply);
  });
}

function contentOf(folder: string, file: string): { type: string; make: () => Buffer } {
  const body = readFileSync(join(folder, file));
  return { type: TYPES[extname(file)] ?? 'application/octet-stream', make: () => body };
}
