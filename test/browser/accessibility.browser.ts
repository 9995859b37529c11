import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEMO } from '../../src/demo/demo-data.js';
import { demoService } from '../support/demo-service.js';
import { TestBrowser, type Visit } from './browser.js';

const MAX_PICTURE = 200 * 1024;

const service = demoService();
let browser: TestBrowser;
beforeAll(async () => {
  browser = await TestBrowser.start();
}, 30_000);
afterAll(() => browser.close());

const BEN = DEMO.conversations.find(({ displayName }) => displayName === 'Ben Buyer')!.id;
const GREGOR = DEMO.conversations.find(({ displayName }) => displayName === 'Gregor Guest')!.id;

/** What somebody does on the way through all screens; each step ends on one. */
interface Screen {
  readonly what: string;
  readonly press?: string | RegExp;
  readonly shows: string | RegExp;
  readonly isBeneath?: true;
}

const BOARD: readonly Screen[] = [
  { what: 'the board with a conversation', shows: /^Nobody has taken Ben Buyer/ },
  { what: 'giving', press: 'Give to…', shows: 'Give Ben Buyer to' },
  { what: 'moving', press: 'Move', shows: 'Move Ben Buyer to' },
  { what: 'boosting', press: 'Boost', shows: 'As if they had waited longer by' },
  { what: 'labels', press: 'Label', shows: 'Labels of Ben Buyer' },
  { what: 'resolving', press: 'Resolve', shows: 'How did it end?' },
];
const DESK: readonly Screen[] = [
  { what: 'the desk with a conversation', shows: 'with Olivia Operator' },
  { what: 'parking', press: 'Park', shows: 'in an hour, or the customer writes' },
  { what: 'handing over', press: 'Hand over', shows: 'Reason (optional)' },
  { what: 'giving back', press: 'Give back', shows: /^It goes back to the queue/ },
  { what: 'pausing', press: 'Pause…', shows: 'Or in your own words', isBeneath: true },
  { what: 'the keys', press: 'Keys', shows: 'take the next conversation', isBeneath: true },
];

describe.each([
  ['light', 1400, false],
  ['dark, on a phone', 360, true],
] as const)('axe finds nothing, %s', (_, width, isDark) => {
  const visit = (path: string) => browser.visit(`${service.url()}${path}`, { width, isDark, height: 900 });
  const enter = ({ page }: Visit, name: RegExp) => page.getByRole('button', { name }).click();

  it('on the log-in', async () => {
    const one = await visit('/board');
    const mona = one.page.getByRole('button', { name: /^Mona Manager/ });
    await mona.waitFor();
    // Nobody gets past it.
    for (let presses = 0; presses < 3; presses++) await one.page.keyboard.press('Escape');
    await mona.waitFor();
    expect(await one.barriers()).toEqual([]);
    await one.close();
  });

  it('on the board, and in each of its dialogs', async () => {
    const one = await visit(`/board#open=${BEN}`);
    await enter(one, /^Mona Manager/);
    expect(await onEach(one, BOARD)).toEqual([]);
    await one.close();
  });

  it('on the list of conversations, and on a plan for many', async () => {
    const one = await visit('/board#view=conversations');
    const { page } = one;
    await enter(one, /^Mona Manager/);
    await page.getByRole('checkbox', { name: 'Select Emil Early' }).check();
    const found = await one.barriers();
    await page.getByRole('button', { name: 'Give to…' }).click();
    await page.getByRole('checkbox', { name: /Oscar/ }).check();
    found.push(...(await one.barriers()));
    await page.getByRole('button', { name: 'Show what would happen' }).click();
    await page.getByRole('button', { name: /^Do it for/ }).waitFor();
    expect([...found, ...(await one.barriers())]).toEqual([]);
    await one.close();
  });

  it('on the desk, and in each of its dialogs', async () => {
    const one = await visit(`/desk#open=${GREGOR}`);
    await enter(one, /^Olivia Operator/);
    // On a phone the conversation covers what is beneath it.
    const screens = width < 900 ? DESK.filter(({ isBeneath }) => isBeneath !== true) : DESK;
    expect(await onEach(one, screens)).toEqual([]);
    await one.close();
  });
});

it('has pictures of the board and the desk for the README', async () => {
  const look = { width: 1280, height: 860 };
  const board = await browser.visit(`${service.url()}/board`, look);
  await board.page.getByRole('button', { name: /^Miriam Haddad/ }).click();
  await board.page.getByRole('button', { name: /longest wait/ }).click();
  await board.page.getByText(/^Nobody has taken/).waitFor();
  await board.page.getByText(/^Live, /).waitFor();
  const desk = await browser.visit(`${service.url()}/desk`, look);
  await desk.page.getByRole('button', { name: /^Nadia Kowalska/ }).click();
  await desk.page.locator('[data-item]').first().click();
  await desk.page.getByRole('heading', { name: 'History' }).waitFor();
  await desk.page.getByText(/^Live, /).waitFor();
  const pictures = { 'board.png': await board.page.screenshot(), 'desk.png': await desk.page.screenshot() };
  for (const [file, picture] of Object.entries(pictures)) {
    expect(picture.length).toBeLessThanOrEqual(MAX_PICTURE);
    if (process.env['WRITE_SCREENSHOTS'] === 'yes')
      writeFileSync(join(__dirname, '../../docs/images', file), picture);
  }
  await board.close();
  await desk.close();
});

/** Opens one after the other. @returns what axe finds on any of them */
async function onEach(visit: Visit, screens: readonly Screen[]): Promise<string[]> {
  const found: string[] = [];
  for (const { what, press, shows } of screens) {
    if (press !== undefined) await visit.page.getByRole('button', { name: press, exact: true }).click();
    await visit.page.getByText(shows).first().waitFor();
    found.push(...(await visit.barriers()).map((barrier) => `${what}: ${barrier}`));
    if (press !== undefined) await visit.page.keyboard.press('Escape');
  }
  return found;
}
