import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { demoBanner } from '../scripts/banner.mjs';
import { DEMO } from '../src/demo/demo-data.js';
import { TestDatabase } from './support/database.js';
import { paste, stepsOf } from './support/pasted.js';
import { ServiceProcess } from './support/service-process.js';
import { serviceVariables } from './support/settings.js';

const run = promisify(execFile);
const ROOT = join(__dirname, '..');

describe('the README', () => {
  let database: TestDatabase;
  let service: ServiceProcess;

  beforeAll(async () => {
    database = await TestDatabase.create();
    await run(process.execPath, [join(ROOT, 'dist/src/demo/load-demo-data.js')], {
      env: serviceVariables(database.url),
    });
    service = await ServiceProcess.start(database.url);
  });
  afterAll(async () => {
    await service.stop();
    await database.close();
  });

  it('has a tour whose requests, pasted after that of the banner, give the responses it shows', async () => {
    const { setUp, steps } = stepsOf('README.md', '## A five-minute tour', '## Routes');
    const variables = setUp.replace('http://localhost:3000', service.url);
    const banner = /^curl [\s\S]*?(?=\n\n)/m.exec(demoBanner(service.url, DEMO))?.[0] ?? '';
    expect(steps.length).toBeGreaterThanOrEqual(15);

    const responses = await paste(variables, [banner, ...steps.map(({ request }) => request)]);

    expect(responses).toMatchObject([{ created: true }, ...steps.map(({ response }) => response)]);
  });

  it('has an example day that runs to its end', async () => {
    const { stdout } = await run(process.execPath, [join(ROOT, 'examples/day-at-the-desk.mjs'), service.url]);
    expect(stdout).toContain('3 conversations began');
    expect(stdout).toContain('OPERATOR_AT_CAPACITY');
    expect(stdout).toContain('number 1 in its inbox');
    expect(stdout).not.toMatch(/→ 5\d\d/);
  });
});
