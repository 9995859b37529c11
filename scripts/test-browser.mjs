// `npm run test:browser` runs the tests that need a real browser. It installs Chromium when there is none and we are root.
import { spawnSync } from 'node:child_process';
import { hasApt, installPackages } from './apt.mjs';
import { step } from './prepare.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

const found = () => NAMES.find((name) => spawnSync(name, ['--version']).status === 0);

let browser = process.env.TEST_BROWSER?.trim() || found();
if (browser === undefined && hasApt()) {
  step('installing Chromium with apt-get');
  await installPackages(['chromium'], new AbortController().signal);
  browser = found();
}
if (browser === undefined) {
  step(
    'there is no Chromium here: install it ("apt-get install chromium"), or name a browser in TEST_BROWSER',
  );
  process.exit(1);
}
process.env.TEST_BROWSER = browser;
process.argv.push('--config=test/browser/jest.config.cjs');
await import('./test.mjs');
