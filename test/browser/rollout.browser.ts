import { TestApplication } from '../support/application.js';
import { until } from '../support/until.js';
import { TestBrowser, WITH_TOKENS } from './browser.js';

let app: TestApplication;
let browser: TestBrowser;
beforeAll(async () => {
  app = await TestApplication.start(WITH_TOKENS);
  browser = await TestBrowser.start();
}, 60_000);
afterAll(async () => {
  await browser.close();
  await app.stop();
});

it.each(['**/web/assets/board-*.js', '**/web/assets/style-*.js', '**/web/assets/*.css'])(
  'a page whose file %s another release does not have is loaded again',
  async (files) => {
    const visit = await browser.visit(`${app.url}/web/licenses.md`);
    const { page } = visit;
    let missing = 2;
    await page.route(files, (route) =>
      missing-- > 0 ? route.fulfill({ status: 404, body: '{}' }) : route.continue(),
    );
    await page.goto(`${app.url}/board`);
    await until(() => missing < 0);
    await page.getByLabel(/bearer token/i).waitFor();
    await visit.close();
  },
);
