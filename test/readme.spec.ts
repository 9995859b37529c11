import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { demoBanner } from '../scripts/banner.mjs';
import { DEMO } from '../src/demo/demo-data.js';
import { demoService } from './support/demo-service.js';
import { paste, stepsOf } from './support/pasted.js';

const run = promisify(execFile);
const ROOT = join(__dirname, '..');

/** The pages of each tour, which is pasted into one shell. */
const TOURS: [name: string, pages: [page: string, from: string, to: string][]][] = [
  ['the README', [['README.md', '## A two-minute tour', '## How it compares']]],
  [
    'the quick start',
    [
      ['docs/quick-start.md', '## Who is calling', '## From here'],
      ['docs/quick-start-supervisors.md', '## As a supervisor', '## From here'],
    ],
  ],
];

describe.each(TOURS)('%s', (_, pages) => {
  const service = demoService();

  it('has requests that give the responses it shows, after the one of the banner', async () => {
    const parts = pages.map(([page, from, to], i) => stepsOf(page, from, to, i === 0));
    const variables = (parts[0]?.setUp ?? '').replace('http://localhost:3000', service.url());
    const steps = parts.flatMap((part) => part.steps);
    const banner = /^curl [\s\S]*?(?=\n\n)/m.exec(demoBanner(service.url(), DEMO))?.[0] ?? '';
    expect(steps.length).toBeGreaterThanOrEqual(pages.length === 1 ? 4 : 15);

    const responses = await paste(variables, [banner, ...steps.map(({ request }) => request)]);

    expect(responses).toMatchObject([{ created: true }, ...steps.map(({ response }) => response)]);
  });
});

describe('the example day', () => {
  const service = demoService();

  it('runs to its end', async () => {
    const day = [join(ROOT, 'examples/day-at-the-desk.mjs'), service.url()];
    const { stdout } = await run(process.execPath, day);
    expect(stdout).toContain('3 conversations began');
    expect(stdout).toContain('OPERATOR_AT_CAPACITY');
    expect(stdout).toContain('OPERATOR_PAUSED');
    for (const done of ['replies → 200', 'park → 200', 'transfer → 200', 'release → 200', 'boost → 200'])
      expect(stdout).toContain(done);
    expect(stdout).toContain('number 1 in its inbox');
    expect(stdout).not.toMatch(/→ 5\d\d/);
  });
});
