import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Controller, Get, Module, type DynamicModule } from '@nestjs/common';
import { fastify } from 'fastify';
import { protectRoutes } from '../src/access/protect-routes.js';
import { RIGHTS } from '../src/access/rights.js';
import { inWords, mayCall } from '../src/access/routes.js';
import { AppModule } from '../src/app.module.js';
import { OperationsModule } from '../src/operations/operations.module.js';
import { TestApplication } from './support/application.js';
import { nameOf, ROUTES } from './support/openapi.js';
import { World } from './support/world.js';

@Controller('forgotten')
class ForgottenController {
  @Get(':id/things')
  things(): string {
    return 'for nobody';
  }
}
@Module({ controllers: [ForgottenController] })
class ForgottenModule {}

/** There is a page of this name for everybody, outside of the prefix. */
@Controller('redoc')
class NamedLikeAPageController {
  @Get()
  things(): string {
    return 'for nobody';
  }
}
@Module({ controllers: [NamedLikeAPageController] })
class NamedLikeAPageModule {}

/** Why the application with other modules than it has does not start. */
async function refusalWith(change: (modules: unknown[]) => unknown[]): Promise<string> {
  const original = AppModule.with.bind(AppModule);
  jest.spyOn(AppModule, 'with').mockImplementation((environment, source) => {
    const module = original(environment, source);
    return { ...module, imports: change(module.imports ?? []) } as DynamicModule;
  });
  try {
    const started = await TestApplication.start();
    await started.stop();
    return 'it started';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('the application', () => {
  afterEach(() => jest.restoreAllMocks());

  it('does not start with a route that the table of rights lacks', async () => {
    const refusal = await refusalWith((modules) => [...modules, ForgottenModule]);
    expect(refusal).toBe('the table of rights is wrong: GET /api/v1/forgotten/{id}/things is missing');
  });

  it('takes no route of the API for a page of the same name', async () => {
    const refusal = await refusalWith((modules) => [...modules, NamedLikeAPageModule]);
    expect(refusal).toBe('the table of rights is wrong: GET /api/v1/redoc is missing');
  });

  it('takes no page for a route of the API of the same name', async () => {
    const server = fastify();
    protectRoutes(server, () => {
      throw new Error('nobody calls');
    });
    server.get('/tenant', () => 'for nobody');
    await expect(server.ready()).rejects.toThrow(
      /: GET \/tenant is missing,.* GET \/api\/v1\/tenant does not exist,/,
    );
  });

  it('does not start with a table that names a route it does not have', async () => {
    const refusal = await refusalWith((modules) => modules.filter((each) => each !== OperationsModule));
    expect(refusal).toBe(
      'the table of rights is wrong: GET /health does not exist, GET /ready does not exist, GET /version does not exist, GET /metrics does not exist',
    );
  });
});

describe('a HEAD request', () => {
  it('needs the right to GET', async () => {
    const app = await TestApplication.start();
    try {
      const world = await World.create(app);
      const { headers } = await world.operator();
      const head = async (path: string, caller = {}) =>
        (await fetch(`${app.url}${path}`, { method: 'HEAD', headers: caller })).status;
      expect(await head('/api/v1/tenant', headers)).toBe(200);
      expect(await head('/api/v1/operators', headers)).toBe(403);
      expect(await head('/api/v1/tenant')).toBe(401);
      expect(await head('/health')).toBe(200);
    } finally {
      await app.stop();
    }
  });
});

describe('the texts', () => {
  it('name the callers of each route and their scope', () => {
    const description = (name: string) =>
      (ROUTES.find((route) => nameOf(route) === name)?.operation as { description?: string }).description;
    expect(description('PUT /conversations/{id}/labels/{labelId}')).toMatch(
      /\n\nFor OPERATOR \(conversations they hold\), MANAGER, ADMIN and SERVICE\. A service needs the scope `resolve`\.$/,
    );
    expect(description('POST /allocation/claim')).toMatch(
      /\n\nFor OPERATOR, MANAGER and ADMIN \(each for themselves\)\.$/,
    );
    expect(description('PUT /conversations/{id}/boost')).toMatch(
      / A service needs the scope `route` or `ingest`\.$/,
    );
    expect(description('POST /tenants')).toMatch(/\n\nFor PLATFORM\.$/);
    expect(description('GET /health')).not.toContain('For ');
  });

  it('of the API guide have every route once and agree', () => {
    const guide = readFileSync(join(__dirname, '../docs/api-guide.md'), 'utf8');
    const table = guide.slice(guide.indexOf('## Routes and rights'), guide.indexOf('## Errors'));
    const said = table.split('\n').flatMap((line) => {
      const [, routes = '', who = ''] = line.split('|').map((cell) => cell.trim());
      return [...routes.matchAll(/`([A-Z/]+) ([^`?]+)[^`]*`/g)].flatMap(([, methods = '', path = '']) =>
        methods.split('/').map((method) => [`${method} ${path}`, who]),
      );
    });
    const named = RIGHTS.flatMap(({ routes }) => routes).map((name) => [name, inWords(mayCall(name))]);
    expect(said.sort()).toEqual(named.sort());
  });
});
