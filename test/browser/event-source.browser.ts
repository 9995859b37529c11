import { SignJWT } from 'jose';
import { TestApplication } from '../support/application.js';
import { World } from '../support/world.js';
import { PageInChromium } from './chromium.js';

const SECRET = 'a-secret-of-a-browser-test-0123456789';

let gateway: TestApplication;
let app: TestApplication;
let page: PageInChromium;
beforeAll(async () => {
  gateway = await TestApplication.start();
  page = await PageInChromium.prepare();
  app = await gateway.another({
    AUTH_MODE: 'jwt',
    JWT_SECRET: SECRET,
    CORS_ORIGINS: page.origin,
    STREAM_POLL_INTERVAL_MS: '20',
    STREAM_LIFETIME_SECONDS: '2',
  });
});
afterAll(async () => {
  await page.close();
  await app.stop();
  await gateway.stop();
});

/** What a desk does: a ticket with the token of the operator, a stream with the ticket, and again when it ends. */
const desk = (url: string, token: string) => `
  const service = ${JSON.stringify(`${url}/api/v1`)};
  const authorization = 'Bearer ' + ${JSON.stringify(token)};
  let last;
  async function follow() {
    const response = await fetch(service + '/events/tickets', { method: 'POST', headers: { authorization } });
    const { ticket } = await response.json();
    const query = new URLSearchParams({ ticket, ...(last === undefined ? {} : { after: last }) });
    const stream = new EventSource(service + '/events/stream?' + query);
    stream.onopen = () => report('opened');
    stream.addEventListener('conversation.created', ({ data, lastEventId }) => {
      last = lastEventId;
      report(JSON.parse(data).conversationId);
    });
    stream.onerror = () => {
      stream.close();
      report('ended');
      setTimeout(follow, 50);
    };
  }
  follow();`;

it('a page follows the feed with its EventSource and a ticket, and goes on when the stream has ended', async () => {
  const world = await World.create(gateway);
  const inbox = await world.inbox();
  const operator = await world.operator({ inboxes: [inbox] });
  const token = await new SignJWT({ tenant_id: world.tenantId })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(operator.id)
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(SECRET));

  page.open(desk(app.url, token));
  await page.reported((what) => what === 'opened');
  const first = await world.queued(inbox);
  await page.reported((what) => what === first.id);
  await page.reported((what) => what === 'ended');
  const missed = await world.queued(inbox);
  await page.reported((what) => what === missed.id);
  const later = await world.queued(inbox);
  await page.reported((what) => what === later.id);

  const told = page.reports.filter((what) => !['opened', 'ended'].includes(String(what)));
  expect(told).toEqual([first.id, missed.id, later.id]);
}, 60_000);
