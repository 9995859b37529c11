import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TestDatabase } from './support/database.js';
import { ServiceProcess } from './support/service-process.js';
import { serviceVariables } from './support/settings.js';

const run = promisify(execFile);
const ROOT = join(__dirname, '..');

/** The tour: each request with the answer that follows it. The first block only sets variables. */
function tour(): { setUp: string; steps: { request: string; answer: object }[] } {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const section = readme.slice(readme.indexOf('## A five-minute tour'), readme.indexOf('## Routes'));
  const blocks = [...section.matchAll(/```(sh|json)\n([\s\S]*?)```/g)].map(([, kind, text]) => ({
    kind,
    text: text ?? '',
  }));
  const [setUp, ...rest] = blocks;
  const steps = rest.flatMap(({ kind, text }, index) =>
    kind === 'sh' ? [{ request: text, answer: JSON.parse(rest[index + 1]?.text ?? '') as object }] : [],
  );
  return { setUp: setUp?.text ?? '', steps };
}

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

  it('has a tour whose requests, pasted one after the other, give the answers it shows', async () => {
    const { setUp, steps } = tour();
    const variables = setUp.replace('http://localhost:3000', service.url);
    expect(steps.length).toBeGreaterThanOrEqual(15);
    for (const { request, answer } of steps) {
      const { stdout } = await run('sh', ['-c', `${variables}\n${request}`]);
      expect(JSON.parse(stdout)).toMatchObject(answer);
    }
  });

  it('has an example day that runs to its end', async () => {
    const { stdout } = await run(process.execPath, [join(ROOT, 'examples/day-at-the-desk.mjs'), service.url]);
    expect(stdout).toContain('3 conversations began');
    expect(stdout).toContain('OPERATOR_AT_CAPACITY');
    expect(stdout).toContain('number 1 in its inbox');
    expect(stdout).not.toMatch(/→ 5\d\d/);
  });
});
