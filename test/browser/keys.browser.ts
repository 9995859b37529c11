import { arrives } from '../support/pushing.js';
import { World } from '../support/world.js';
import { servedPages, tokenOf } from './browser.js';

const pages = servedPages();

/** Runs `then` in the page at the very moment at which something is there, before the next picture. */
const atOnce = (selector: string, then: string) => `new MutationObserver((_, observer) => {
  if (document.querySelector('${selector}') === null) return;
  observer.disconnect();
  ${then};
}).observe(document, { childList: true, subtree: true });`;

const pressing = (key: string) =>
  `document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '${key}', bubbles: true }))`;

/** Ben is with Olivia, who opens her desk. */
async function atDesk() {
  const world = await World.create(pages.gateway);
  const inbox = await world.inbox({ name: 'Support' });
  const olivia = await world.operator({ inboxes: [inbox], name: 'Olivia Operator' });
  const ben = await arrives(world, inbox, { displayName: 'Ben Buyer' });
  await world.claim(ben.id, olivia);
  const visit = await pages.browser.visit(`${pages.app.url}/desk`);
  await visit.logIn(await tokenOf(olivia));
  const item = visit.page.locator('[data-item]', { hasText: 'Ben Buyer' });
  await item.waitFor();
  return { visit, page: visit.page, item };
}

it('takes a key as soon as the page shows what the key does', async () => {
  const { visit, page, item } = await atDesk();
  await page.evaluate(atOnce('[aria-keyshortcuts="t"]', pressing('t')));
  await item.click();
  await page.getByRole('dialog', { name: /Ben Buyer/ }).waitFor();
  await visit.close();
});

it('moves the focus into a conversation as soon as it is open', async () => {
  const { visit, page, item } = await atDesk();
  await page.evaluate(atOnce('.panel', 'globalThis.focusAtOpening = document.activeElement.className'));
  await item.click();
  await page.getByRole('region', { name: 'Ben Buyer' }).waitFor();
  expect(await page.evaluate('focusAtOpening')).toContain('panel');
  await visit.close();
});
