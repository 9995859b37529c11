import { parse } from 'yaml';
import { TestApplication } from './support/application.js';
import { nameOf, ROUTES } from './support/openapi.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const ask = (path: string, init: RequestInit = {}) => fetch(`${app.url}${path}`, init);
const typeOf = (response: Response) => response.headers.get('content-type')?.split(';')[0];

describe('/', () => {
  it('links browsers to the documents, and every link works', async () => {
    const response = await ask('/', { headers: { Accept: 'text/html,*/*;q=0.8' } });
    expect([response.status, typeOf(response)]).toEqual([200, 'text/html']);
    const links = [...(await response.text()).matchAll(/<a href="([^"]+)"/g)].map(([, path]) => path!);
    expect(links).toEqual(['/board', '/desk', '/api', '/redoc', '/api-json', '/health']);
    for (const path of links) expect([path, (await ask(path)).status]).toEqual([path, 200]);
  });

  it('sends the same links as JSON on request', async () => {
    const response = await ask('/', { headers: { Accept: 'application/json' } });
    expect([response.status, typeOf(response)]).toEqual([200, 'application/json']);
    const { links } = (await response.json()) as { links: Record<string, string> };
    expect(Object.keys(links)).toEqual(['/board', '/desk', '/api', '/redoc', '/api-json', '/health']);
  });

  it('responds to HEAD without a body, and to other methods with 404', async () => {
    const head = await ask('/', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await ask('/', { method: 'POST' })).status).toBe(404);
  });
});

describe('/redoc', () => {
  it('shows the document of this service, with a script from this service only', async () => {
    const response = await ask('/redoc');
    const html = await response.text();
    expect([response.status, typeOf(response)]).toEqual([200, 'text/html']);
    expect(html).toContain('spec-url="/api-json"');
    expect(html).not.toMatch(/(src|href)="https?:/);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/script-src 'self'(;|$)/);
    expect(policy).toMatch(/worker-src 'self' blob:(;|$)/);
    const [, script = ''] = /<script src="([^"]+)">/.exec(html) ?? [];
    const bundle = await ask(script);
    expect([bundle.status, typeOf(bundle)]).toEqual([200, 'text/javascript']);
    const code = await bundle.text();
    expect(code.length).toBeGreaterThan(500_000);
    // It would fetch its logo from there, against our Content-Security-Policy.
    expect(code).not.toContain('cdn.redoc.ly');
  });
});

describe('/api', () => {
  const files = async () => {
    const html = await (await ask('/api')).text();
    return { html, scripts: [...html.matchAll(/<script([^>]*)>([^<]*)/g)] };
  };

  it('runs no script that its Content-Security-Policy forbids', async () => {
    const { scripts } = await files();
    expect(scripts.length).toBeGreaterThan(1);
    for (const [, attributes, code] of scripts) {
      expect([attributes, code?.trim()]).toEqual([expect.stringMatching(/src="\.\/api\//), '']);
    }
  });

  it('folds the examples of errors, and shows no more than two of success', async () => {
    const { html } = await files();
    expect(html).toMatch(
      /tr\.response:is\(\[data-code\^="4"\], \[data-code\^="5"\]\) [^{]*:not\(:first-child\)[^{]*\{ display: none/,
    );
    const shown = ROUTES.map((route) => {
      const good = Object.entries(route.operation.responses).filter(([status]) => status < '300');
      const examples = good.flatMap(([, { content = {} }]) => Object.keys(content));
      return [nameOf(route), examples.length] as const;
    });
    expect(shown.filter(([, examples]) => examples > 2)).toEqual([]);
  });
});

describe('browsers may keep the documents and ask whether they are still the same', () => {
  it.each(['/api-json', '/api-yaml', '/redoc'])('%s', async (path) => {
    const first = await ask(path);
    const body = await first.text();
    const etag = first.headers.get('etag')!;
    expect(body.length).toBeGreaterThan(300);
    expect(first.headers.get('cache-control')).toBe('no-cache');
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const second = await ask(path, { headers: { 'If-None-Match': known } });
      expect([second.status, await second.text()]).toEqual([304, '']);
      expect(second.headers.get('etag')).toBe(etag);
    }
    const other = await ask(path, { headers: { 'If-None-Match': '"other"' } });
    expect([other.status, await other.text()]).toEqual([200, body]);
    const head = await ask(path, { method: 'HEAD' });
    expect([head.status, head.headers.get('etag')]).toEqual([200, etag]);
  });

  it.each(['/', '/api', '/api/swagger-ui-init.js'])('%s', async (path) => {
    expect((await ask(path)).headers.get('cache-control')).toBe('no-cache');
  });

  it('the files of Swagger UI', async () => {
    const path = '/api/swagger-ui.css';
    const { headers } = await ask(path);
    expect(headers.get('cache-control')).toBe('public, max-age=0');
    expect(headers.get('etag')).not.toBeNull();
  });

  it('the YAML is the same document as the JSON', async () => {
    const json: unknown = await (await ask('/api-json')).json();
    expect(parse(await (await ask('/api-yaml')).text())).toEqual(json);
  });

  it('Swagger UI loads that document, and tells nobody else about it', async () => {
    const script = await (await ask('/api/swagger-ui-init.js')).text();
    expect(script).toContain('"swaggerUrl": "/api-json"');
    expect(script).toContain('"validatorUrl": null');
    expect(script).not.toContain('swaggerDoc":');
  });
});

it.each(['/', '/api', '/redoc'])('%s names an icon, so that browsers look for no other', async (path) => {
  expect(await (await ask(path, { headers: { Accept: 'text/html' } })).text()).toMatch(/<link rel="icon"/);
});

it('metrics count the pages by their routes', async () => {
  await ask('/');
  await ask('/redoc');
  const metrics = await (await ask('/metrics')).text();
  for (const route of ['/', '/redoc']) {
    expect(metrics).toContain(
      `http_request_duration_seconds_count{method="GET",route="${route}",status="200"}`,
    );
  }
});

it.each(['/', '/api', '/redoc', '/api-json', '/api-yaml', '/redoc/redoc.standalone.js'])(
  '%s is not there with SERVE_DOCUMENTS=no',
  async (path) => {
    const silent = await app.another({ SERVE_DOCUMENTS: 'no' });
    try {
      expect((await fetch(`${silent.url}${path}`)).status).toBe(404);
      expect((await fetch(`${silent.url}/health`)).status).toBe(200);
    } finally {
      await silent.stop();
    }
  },
);
