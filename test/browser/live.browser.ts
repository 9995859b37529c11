import type { Board } from '../../src/board/board.js';
import { TestApplication, type Headers } from '../support/application.js';
import { Luck } from '../support/luck.js';
import { messageTo, report } from '../support/messages.js';
import { ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';
import { World, type Person } from '../support/world.js';
import { TestBrowser, tokenOf, WITH_TOKENS, type Visit } from './browser.js';

const CHAOS_MS = 120_000;

let gateway: TestApplication;
let browser: TestBrowser;
beforeAll(async () => {
  gateway = await TestApplication.start();
  browser = await TestBrowser.start();
}, 60_000);
afterAll(async () => {
  await browser.close();
  await gateway.stop();
});

async function visitOf(url: string, page: 'board' | 'desk', token: string): Promise<Visit> {
  const visit = await browser.visit(`${url}/${page}`);
  await visit.logIn(token);
  await visit.page.getByText(/^Live, /).waitFor();
  return visit;
}

const waiting = (visit: Visit, count: number) =>
  visit.page.getByRole('button', { name: new RegExp(`^${count}\\s*waiting$`) }).waitFor();

it('says since when its figures are old while the service is gone, and goes on when it is back', async () => {
  const world = await World.create(gateway);
  const inbox = await world.inbox({ name: 'Support' });
  const mona = await world.operator({ role: 'MANAGER', status: 'OFFLINE' });
  await world.queued(inbox);
  const service = await ServiceProcess.start(gateway.database.url, WITH_TOKENS);
  const visit = await visitOf(service.url, 'board', await tokenOf(mona));
  await waiting(visit, 1);

  await service.stop('SIGKILL');
  await visit.page
    .getByText(/^Not live: figures are of \d\d:\d\d:\d\d$/)
    .first()
    .waitFor();
  await world.queued(inbox);
  // What was there stays to be read.
  await waiting(visit, 1);

  const port = new URL(service.url).port;
  const again = await ServiceProcess.start(gateway.database.url, { ...WITH_TOKENS, PORT: port });
  await visit.page.getByText(/^Live, /).waitFor();
  await waiting(visit, 2);
  await world.queued(inbox);
  await waiting(visit, 3);
  expect(visit.mishaps).toEqual([]);
  await visit.close();
  await again.stop();
}, 90_000);

it('asks again when the token has expired, and keeps what was typed', async () => {
  const app = await gateway.another({ ...WITH_TOKENS, JWT_CLOCK_TOLERANCE_SECONDS: '0' });
  const world = await World.create(gateway);
  const inbox = await world.inbox();
  const olivia = await world.operator({ inboxes: [inbox], name: 'Olivia Operator' });
  const visit = await browser.visit(`${app.url}/desk`);
  const { page } = visit;
  await visit.logIn('no token at all');
  const logIn = page.getByRole('dialog', { name: 'Log in' });
  await logIn.getByText(await refusalOf(app, 'no token at all')).waitFor();
  const began = Date.now();
  const short = await tokenOf(olivia, '4s');
  await visit.logIn(short);
  await page.getByRole('button', { name: 'Pause…' }).click();
  const reason = page.getByLabel('Or in your own words');
  await reason.fill('Dentist, back at three');

  await until(() => Date.now() > began + 5_000);
  await page.getByRole('dialog', { name: 'Pause' }).getByRole('button', { name: 'Pause' }).click();
  await logIn.getByText(await refusalOf(app, short)).waitFor();
  await visit.logIn(await tokenOf(olivia));
  await logIn.waitFor({ state: 'hidden' });
  expect(await reason.inputValue()).toBe('Dentist, back at three');
  await page.getByRole('dialog', { name: 'Pause' }).getByRole('button', { name: 'Pause' }).click();
  await page.getByText('Paused, Dentist, back at three').waitFor();
  await page.getByText(/^Live, /).waitFor();

  // A token is kept beyond the page only when somebody asks for it.
  expect(await page.evaluate<[number, number]>('[sessionStorage.length, localStorage.length]')).toEqual([
    1, 0,
  ]);
  await visit.close();
  await app.stop();
}, 60_000);

it('shows after two minutes of chaos what a fresh board has, field by field', async () => {
  const app = await gateway.another(WITH_TOKENS);
  const world = await World.create(gateway);
  const inboxes = [
    await world.inbox({ name: 'Support' }),
    await world.inbox({ name: 'Sales', distribution: 'LEAST_LOADED' }),
    await world.inbox({ name: 'Leads' }),
  ];
  const mona = await world.operator({ role: 'MANAGER', status: 'OFFLINE', name: 'Mona Manager' });
  const people: Person[] = [];
  for (const name of ['Olivia', 'Oscar', 'Otto', 'Olga'])
    people.push(await world.operator({ inboxes, name, maxLoad: 5 }));
  const visit = await visitOf(app.url, 'board', await tokenOf(mona));
  const end = Date.now() + CHAOS_MS;
  await Promise.all(
    people.map((person, i) => chaos({ world, inboxes, person, mona, luck: new Luck(i + 1), end })),
  );

  const { body } = await gateway.call('get', '/board', mona.headers).expect(200);
  const board = body as Board;
  await until(async () => JSON.stringify(await shownBy(visit)) === JSON.stringify(fieldsOf(board))).catch(
    async () => {
      expect(await shownBy(visit)).toEqual(fieldsOf(board));
    },
  );
  expect(board.inboxes.some(({ given, resolved }) => given > 0 && resolved > 0)).toBe(true);
  expect(visit.mishaps).toEqual([]);
  await visit.close();
  await app.stop();
}, 180_000);

/** How the service says that this token is no good. */
async function refusalOf({ url }: TestApplication, token: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/me`, { headers: { Authorization: `Bearer ${token}` } });
  expect(response.status).toBe(401);
  return ((await response.json()) as { detail: string }).detail;
}

interface Chaos {
  world: World;
  inboxes: Awaited<ReturnType<World['inbox']>>[];
  person: Person;
  mona: Person;
  luck: Luck;
  end: number;
}

/** Customers write, and one operator works, all in no order. Refusals are part of it. */
async function chaos({ world, inboxes, person, mona, luck, end }: Chaos): Promise<void> {
  const { app } = world;
  const held: string[] = [];
  const post = (path: string, by: Headers, body: object) => app.call('post', path, by).send(body);
  while (Date.now() < end) {
    const one = luck.oneOf(held.length > 0 ? held : ['']);
    await luck.oneOf([
      () =>
        report(world, messageTo(luck.oneOf(inboxes), { displayName: `Customer ${luck.between(1, 1_000)}` })),
      async () => {
        const conversation = await world.allocate(person).catch(() => null);
        if (conversation !== null) held.push(conversation.id);
      },
      () => post('/allocation/resolve', person.headers, { conversationId: one }),
      () => post('/allocation/park', person.headers, { conversationId: one }),
      () => post('/allocation/release', person.headers, { conversationId: one }),
      () => post('/allocation/reassign', mona.headers, { conversationId: one, operatorId: person.id }),
      () =>
        app
          .call('put', `/operators/${person.id}/status`, person.headers)
          .send({ status: luck.oneOf(['AVAILABLE', 'AVAILABLE', 'PAUSED']), reason: 'Lunch' }),
    ])();
  }
}

/** What the tables of the board show. */
async function shownBy({ page }: Visit): Promise<string[][]> {
  const rows = await page.evaluate<string[][]>(`
    [...document.querySelectorAll('section[aria-labelledby=inboxes] tbody tr, section[aria-labelledby=operators] tbody tr')]
      .map((row) => [...row.children].map((cell) => (cell.querySelector('.tag') ?? cell).textContent))`);
  return rows
    .map((cells) =>
      cells.length === 9
        ? [cells[0]!, cells[1]!, cells[5]!, cells[6]!, cells[7]!, cells[8]!]
        : [cells[0]!, cells[1]!, cells[2]!, cells[3]!],
    )
    .sort((a, b) => a.join().localeCompare(b.join()));
}

const numberOf = new Intl.NumberFormat('en').format;

/** The same from a response. */
function fieldsOf({ inboxes, operators }: Board): string[][] {
  const texts = { AVAILABLE: 'Available', PAUSED: 'Paused', OFFLINE: 'Offline' };
  return [
    ...inboxes.map((inbox) => {
      const { available, paused, offline } = inbox.operators;
      const all = available + paused + offline;
      const free = inbox.freeCapacity === null ? 'no limit' : `room for ${inbox.freeCapacity}`;
      return [
        inbox.name,
        numberOf(inbox.waiting),
        numberOf(inbox.arrivals),
        numberOf(inbox.given),
        available === 0 ? `nobody of ${all}` : `${available} of ${all}, ${free}`,
        inbox.overTarget > 0 ? `${inbox.overTarget} over target` : '',
      ];
    }),
    ...operators.map(({ name, status, reason, load, maxLoad, parked }) => [
      name,
      reason === null ? texts[status] : `${texts[status]}, ${reason}`,
      maxLoad === null ? `${load}, no limit` : `${load} of ${maxLoad}`,
      numberOf(parked),
    ]),
  ].sort((a, b) => a.join().localeCompare(b.join()));
}
