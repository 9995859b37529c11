import { arrives } from '../support/pushing.js';
import { World, type Person } from '../support/world.js';
import { servedPages, tokenOf, type Visit } from './browser.js';

const pages = servedPages();

/** Ben is with Oscar. Both people of the inbox have room. */
async function atWork(by: { role: 'OPERATOR' | 'MANAGER' } = { role: 'OPERATOR' }) {
  const world = await World.create(pages.gateway);
  const inbox = await world.inbox({ name: 'Support' });
  const oscar = await world.operator({ inboxes: [inbox], name: 'Oscar Operator', ...by });
  const olivia = await world.operator({ inboxes: [inbox], name: 'Olivia Operator' });
  const ben = await arrives(world, inbox, { displayName: 'Ben Buyer' });
  await world.claim(ben.id, oscar);
  return { world, inbox, oscar, olivia, ben };
}

async function open(who: Person, page: 'board' | 'desk', id: string): Promise<Visit> {
  const visit = await pages.browser.visit(`${pages.app.url}/${page}#open=${id}`);
  await visit.logIn(await tokenOf(who));
  return visit;
}

/** Opens the dialog, and does what its button says. */
async function act({ page }: Visit, button: string, choice?: string): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).first().click();
  const dialog = page.getByRole('dialog');
  if (choice !== undefined) await dialog.getByLabel(choice).click();
  await dialog.getByRole('button', { name: button, exact: true }).last().click();
}

async function undo({ page }: Visit): Promise<void> {
  await page.getByRole('button', { name: 'Undo' }).click();
}

it('gives what a supervisor resolved back to who had it', async () => {
  const { world, oscar, ben } = await atWork();
  const mona = await world.operator({ role: 'MANAGER', name: 'Mona Manager', status: 'OFFLINE' });
  const visit = await open(mona, 'board', ben.id);
  await act(visit, 'Resolve');
  await visit.page.getByText('Ben Buyer is resolved.').waitFor();
  expect((await world.conversation(ben.id)).state).toBe('RESOLVED');
  await undo(visit);
  await visit.page.getByText('Taken back.').waitFor();
  expect(await world.conversation(ben.id)).toMatchObject({
    state: 'ALLOCATED',
    assignedOperatorId: oscar.id,
  });
  await visit.close();
});

it('offers no way back to the queue for what was resolved out of it', async () => {
  const { world, inbox } = await atWork();
  const mona = await world.operator({ role: 'MANAGER', name: 'Mona Manager', status: 'OFFLINE' });
  const carla = await arrives(world, inbox, { displayName: 'Carla Customer' });
  const visit = await open(mona, 'board', carla.id);
  await act(visit, 'Resolve');
  await visit.page.getByText('Carla Customer is resolved.').waitFor();
  expect(await visit.page.getByRole('button', { name: 'Undo' }).count()).toBe(0);
  await visit.close();
});

it('lets operators take back what they gave back, and not what they resolved', async () => {
  const { world, oscar, ben } = await atWork();
  const visit = await open(oscar, 'desk', ben.id);
  await act(visit, 'Give back');
  await visit.page.getByText('Ben Buyer is back in the queue.').waitFor();
  expect((await world.conversation(ben.id)).state).toBe('QUEUED');
  await undo(visit);
  await visit.page.getByText('Taken back.').waitFor();
  expect((await world.conversation(ben.id)).assignedOperatorId).toBe(oscar.id);

  await visit.page.locator('[data-item]', { hasText: 'Ben Buyer' }).click();
  await act(visit, 'Resolve');
  await visit.page.getByText('Ben Buyer is resolved.').waitFor();
  expect(await visit.page.getByRole('button', { name: 'Undo' }).count()).toBe(0);
  await visit.close();
});

it('does not take back what somebody else has changed meanwhile, and says who', async () => {
  const { world, olivia, oscar, ben } = await atWork();
  const visit = await open(oscar, 'desk', ben.id);
  await act(visit, 'Give back');
  await visit.page.getByText('Ben Buyer is back in the queue.').waitFor();
  await world.claim(ben.id, olivia);
  await undo(visit);
  await visit.page.getByText(/changed meanwhile: Olivia Operator claimed it/).waitFor();
  expect((await world.conversation(ben.id)).assignedOperatorId).toBe(olivia.id);
  await visit.close();
});

it('lets supervisors take back what they handed over, and operators not', async () => {
  for (const role of ['MANAGER', 'OPERATOR'] as const) {
    const { world, oscar, olivia, ben } = await atWork({ role });
    const visit = await open(oscar, 'desk', ben.id);
    await act(visit, 'Hand over', 'Olivia Operator');
    await visit.page.getByText('Ben Buyer is with Olivia Operator now.').waitFor();
    expect((await world.conversation(ben.id)).assignedOperatorId).toBe(olivia.id);
    if (role === 'OPERATOR') {
      expect(await visit.page.getByRole('button', { name: 'Undo' }).count()).toBe(0);
    } else {
      await undo(visit);
      await visit.page.getByText('Taken back.').waitFor();
      expect((await world.conversation(ben.id)).assignedOperatorId).toBe(oscar.id);
    }
    await visit.close();
  }
});
