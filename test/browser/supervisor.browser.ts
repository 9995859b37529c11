import { arrives } from '../support/pushing.js';
import { NAUGHTY_TEXTS } from '../support/naughty-texts.js';
import { until } from '../support/until.js';
import { World, type Person } from '../support/world.js';
import { servedPages, tokenOf, type Look, type Visit } from './browser.js';

const pages = servedPages();

async function boardOf(person: Person, look?: Look, hash = ''): Promise<Visit> {
  const visit = await pages.browser.visit(`${pages.app.url}/board${hash}`, look);
  await visit.logIn(await tokenOf(person));
  await visit.page.getByRole('main').waitFor();
  return visit;
}

/** An inbox where Oscar has room, with Ben, who has waited longest, and Carla. */
async function morning() {
  const world = await World.create(pages.gateway);
  const inbox = await world.inbox({ name: 'Support', waitTargetSeconds: 900 });
  const mona = await world.operator({ role: 'MANAGER', name: 'Mona Manager', status: 'OFFLINE' });
  const oscar = await world.operator({ inboxes: [inbox], name: 'Oscar Operator', maxLoad: 2 });
  const since = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  const ben = await arrives(world, inbox, { displayName: 'Ben Buyer', occurredAt: since(48) });
  const carla = await arrives(world, inbox, { displayName: 'Carla Customer', occurredAt: since(6) });
  return { world, inbox, mona, oscar, ben, carla };
}

it('says who waits longest and why, and gives them to Oscar, in three clicks and without typing', async () => {
  const { world, mona, oscar, ben } = await morning();
  const visit = await boardOf(mona);
  const { page } = visit;
  let clicks = 0;
  const click = async (name: string | RegExp) => {
    clicks += 1;
    await page.getByRole('button', { name }).click();
  };

  await click(/48 min.*longest wait, Ben Buyer/);
  await page.getByText(/^Nobody has taken Ben Buyer: in Support operators ask for work/).waitFor();
  await page.getByText('Oscar Operator has room for two.').waitFor();
  await click('Give to Oscar Operator');
  await page.getByText('Ben Buyer is with Oscar Operator now.').waitFor();
  expect(clicks).toBeLessThanOrEqual(3);
  expect((await world.conversation(ben.id)).assignedOperatorId).toBe(oscar.id);
  // The board has followed: Carla waits longest now.
  await page.getByRole('button', { name: /longest wait, Carla Customer/ }).waitFor();

  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Taken back.').waitFor();
  expect((await world.conversation(ben.id)).state).toBe('QUEUED');
  await visit.close();
});

it('shows what another person changed meanwhile, and does not overwrite it', async () => {
  const { world, mona, oscar, ben } = await morning();
  const max = await world.operator({ role: 'MANAGER', name: 'Max Manager', status: 'OFFLINE' });
  const hash = `#open=${ben.id}`;
  const hers = await boardOf(mona, {}, hash);
  const his = await boardOf(max, {}, hash);
  const resolve = () => hers.page.getByRole('button', { name: 'Resolve', exact: true });
  await resolve().click();
  const dialog = hers.page.getByRole('dialog');
  await his.page.getByRole('button', { name: 'Give to Oscar Operator' }).click();
  await his.page.getByText('Ben Buyer is with Oscar Operator now.').waitFor();

  await dialog.getByRole('button', { name: 'Resolve', exact: true }).click();
  await dialog
    .getByText('Not done, because it has changed meanwhile: Max Manager gave it to Oscar Operator.')
    .waitFor();
  expect(await world.conversation(ben.id)).toMatchObject({
    state: 'ALLOCATED',
    assignedOperatorId: oscar.id,
  });

  // Who has read that decides for the conversation as it is now.
  await dialog.getByRole('button', { name: 'Resolve', exact: true }).click();
  await hers.page.getByText('Ben Buyer is resolved.').waitFor();
  expect((await world.conversation(ben.id)).state).toBe('RESOLVED');
  await hers.close();
  await his.close();
});

it('does one thing after the other, faster than the service does them and the page reads them', async () => {
  const { world, inbox, mona, ben } = await morning();
  await pages.gateway
    .call('post', `/inboxes/${inbox.id}/labels`, world.admin)
    .send({ name: 'VIP' })
    .expect(201);
  const visit = await boardOf(mona, {}, `#open=${ben.id}`);
  const { page } = visit;
  await page.getByRole('button', { name: 'Label', exact: true }).waitFor();
  const attach = await held(page, '**/labels/*');
  const read = await held(page, '**/history*');
  const dialog = page.getByRole('dialog');

  await page.getByRole('button', { name: 'Label', exact: true }).click();
  await dialog.getByLabel('VIP').click();
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  await page.getByRole('button', { name: 'Resolve', exact: true }).click();
  await dialog.getByRole('button', { name: 'Resolve', exact: true }).click();
  attach();
  await page.getByText('Ben Buyer is resolved.').waitFor();
  expect(await world.conversation(ben.id)).toMatchObject({ state: 'RESOLVED', labels: [{ name: 'VIP' }] });
  read();
  await visit.close();
});

/** Lets no request to such an address through until the result is called. */
async function held(page: Visit['page'], addresses: string): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(addresses, async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

it('lets no kind of what needs attention hide the others', async () => {
  const { world, inbox, mona, oscar, ben } = await morning();
  await world.claim(ben.id, oscar);
  const since = new Date(Date.now() - 20 * 60_000).toISOString();
  for (let i = 0; i < 9; i++) {
    const late = await world.inbox({ name: `Late ${i}`, waitTargetSeconds: 60 });
    await arrives(world, late, { occurredAt: since });
  }
  await arrives(world, inbox, { occurredAt: since });
  const visit = await boardOf(mona);
  const list = visit.page.getByRole('region', { name: 'Needs attention' });
  await list.getByText('Ben Buyer waits for a reply').waitFor();
  expect(await list.getByRole('listitem').count()).toBe(4);
  await list.getByRole('button', { name: 'Show all 11' }).click();
  await until(async () => (await list.getByRole('listitem').count()) === 11);
  await visit.close();
});

it('does something with many after showing what would happen', async () => {
  const { world, inbox, mona, oscar } = await morning();
  const dora = await arrives(world, inbox, { displayName: 'Dora Doubt' });
  const visit = await boardOf(mona, {}, '#view=conversations');
  const { page } = visit;
  await page.getByRole('checkbox', { name: 'Select all that are shown' }).check();
  await page.getByRole('button', { name: 'Give to…' }).click();
  await page.getByRole('checkbox', { name: /Oscar Operator/ }).check();
  await page.getByRole('button', { name: 'Show what would happen' }).click();
  await page.getByText(/^2 would go to Oscar Operator/).waitFor();
  await page.getByText(/^1 cannot: nobody chosen has room/).waitFor();
  expect((await world.conversation(dora.id)).state).toBe('QUEUED');

  await page.getByRole('button', { name: 'Do it for 2' }).click();
  await page.getByText('Done: 2 of 3, 1 refused.').waitFor();
  const held = await pages.gateway.database.rows<{ n: number }>(
    'select count(*)::integer as n from conversations where tenant_id = $1 and assigned_operator_id = $2',
    [world.tenantId, oscar.id],
  );
  expect(held).toEqual([{ n: 2 }]);
  await visit.close();
});

it('tells an operator that the board is not for them, and leads to the desk', async () => {
  const { world, inbox } = await morning();
  const olivia = await world.operator({ inboxes: [inbox] });
  const visit = await boardOf(olivia);
  await visit.page.getByText('Your conversations are at your desk.').waitFor();
  await visit.page.getByRole('link', { name: 'Go to the desk' }).click();
  await visit.page.getByRole('heading', { name: 'Waiting in your inboxes, 2' }).waitFor();
  await visit.close();
});

it('runs nothing of what customers, labels, inboxes and operators are called', async () => {
  const { world, mona } = await morning();
  const scripts = NAUGHTY_TEXTS.filter((text) => /[<>&"'`]|script/i.test(text)).slice(0, 90);
  const xss = '<img src=x onerror=alert(1)>';
  const inbox = await world.inbox({ name: `${xss} inbox` });
  await world.operator({ inboxes: [inbox], name: `${xss} operator` });
  const messages = [...scripts, xss].map((displayName, i) => ({
    externalConversationId: `naughty-${i}`,
    inboxId: inbox.id,
    displayName,
    subject: displayName.slice(0, 200),
  }));
  const { body } = await pages.gateway
    .call('post', '/orchestrator/messages/batch', world.orchestrator)
    .send({ messages })
    .expect(200);
  const last = (body as { results: { conversationId: string }[] }).results.at(-1)!;
  await pages.gateway
    .call('post', `/inboxes/${inbox.id}/labels`, world.admin)
    .send({ name: xss })
    .expect(201);

  const visit = await boardOf(mona);
  const { page } = visit;
  await page.getByRole('button', { name: `${xss} inbox` }).click();
  const names = page.locator('tbody th .name');
  await names.first().waitFor();
  while (await page.getByRole('button', { name: /^Show more/ }).isVisible()) {
    const before = await names.count();
    await page.getByRole('button', { name: /^Show more/ }).click();
    await until(async () => (await names.count()) > before);
  }
  expect(await names.count()).toBe(messages.length);
  await page.getByRole('button', { name: xss, exact: true }).click();
  await page.getByRole('heading', { name: xss, exact: true }).waitFor();
  await page.getByRole('button', { name: `Give to ${xss} operator` }).click();
  await page.getByText(`${xss} is with ${xss} operator now.`).waitFor();
  await page.getByRole('region', { name: xss }).getByRole('button', { name: 'Label', exact: true }).click();
  await page.getByRole('checkbox', { name: xss }).check();
  await page.getByText(`${xss} has the label ${xss} now.`).waitFor();
  expect((await world.conversation(last.conversationId)).labels).toHaveLength(1);
  expect(visit.mishaps).toEqual([]);
  await visit.close();
});
