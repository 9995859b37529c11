import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestApplication } from './support/application.js';

let app: TestApplication;

beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

/** A package that is loaded twice has two classes of each name, and `instanceof` and decorators fail silently. */
it('no package of the bundle is loaded a second time', () => {
  const bundle = Object.keys(require.cache).find((file) => file.endsWith('/all.cjs'));
  expect(bundle).toBeDefined();
  const bundled = JSON.parse(readFileSync(join(bundle!, '../files.json'), 'utf8')) as string[];
  expect(bundled.length).toBeGreaterThan(1000);
  const loaded = new Set(Object.keys(require.cache));
  expect(bundled.filter((file) => loaded.has(file))).toEqual([]);
});
