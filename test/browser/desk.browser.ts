import { DEMO } from '../../src/demo/demo-data.js';
import { demoService } from '../support/demo-service.js';
import { until } from '../support/until.js';
import { TestBrowser, type Visit } from './browser.js';

const olivia = DEMO.operators.find(({ name }) => name === 'Olivia Operator')!;
const mona = DEMO.operators.find(({ name }) => name === 'Mona Manager')!;
const BEN = DEMO.conversations.find(({ displayName }) => displayName === 'Ben Buyer')!;
const HEADERS = {
  'X-Tenant-Id': DEMO.tenant.id,
  'X-Operator-Id': olivia.id,
  'Content-Type': 'application/json',
};
const AS_ORCHESTRATOR = {
  'X-Tenant-Id': DEMO.tenant.id,
  'X-Service': 'orchestrator',
  'Content-Type': 'application/json',
};

/** Run in the page. */
const NAME_OF_FOCUSED = `document.activeElement?.labels?.[0]?.textContent ?? document.activeElement?.textContent ?? ''`;
const IS_SEARCH_FOCUSED = `document.activeElement?.matches('input[type=search]') === true`;

describe.each(['mouse', 'keyboard'] as const)('the tour of the README by %s alone', (device) => {
  const service = demoService();
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await TestBrowser.start();
  }, 30_000);
  afterAll(() => browser.close());

  const api = async (path: string, headers: Record<string, string> = HEADERS, body?: unknown) => {
    const response = await fetch(`${service.url()}/api/v1${path}`, {
      headers,
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    expect(response.ok).toBe(true);
    return (await response.json()) as Record<string, unknown>;
  };
  const writes = (displayName: string, more = {}) =>
    api('/orchestrator/messages', AS_ORCHESTRATOR, {
      inboxPhoneNumber: '+49 30 901820',
      displayName,
      ...more,
    });

  it('takes the next conversation, parks it, pauses for lunch, and resolves it', async () => {
    const visit = await browser.visit(`${service.url()}/desk`);
    const hand = device === 'mouse' ? new Mouse(visit) : new Keyboard(visit);
    const { page } = visit;
    await hand.press(/^Olivia Operator/);
    await page.getByRole('heading', { name: 'Mine, 1' }).waitFor();

    await writes('Wanda Web', { occurredAt: 'just now' });
    await page.getByRole('button', { name: 'Take Wanda Web' }).waitFor();

    await hand.use('n', /^Next/);
    await page.getByRole('region', { name: 'Ben Buyer' }).waitFor();
    await page.getByText('Ben Buyer is yours.').waitFor();
    expect(await api(`/conversations/${BEN.id}`)).toMatchObject({ assignedOperatorName: 'Olivia Operator' });

    await hand.use('p', 'Park');
    await hand.submit('Park');
    await page.getByText('Ben Buyer is parked.').waitFor();
    expect(await api(`/conversations/${BEN.id}`)).toMatchObject({ isParked: true, parkedUntil: null });

    await hand.press('Pause…');
    await hand.submit('Pause');
    await page.getByText('Paused, Lunch').waitFor();
    expect(await api(`/operators/${olivia.id}/status`)).toMatchObject({ status: 'PAUSED', reason: 'Lunch' });

    await hand.press('Be available');
    await page.getByText('You are available.').waitFor();
    await hand.use('p', 'Take up again');
    await page.getByText('Ben Buyer is no longer parked.').waitFor();
    await hand.use('l', 'Label');
    await hand.choose('VIP');
    await page.getByText('Ben Buyer has the label VIP now.').waitFor();
    await hand.submit('Close');
    await hand.use('r', 'Resolve');
    await hand.submit('Resolve');
    await page.getByText('Ben Buyer is resolved.').waitFor();
    expect(await api(`/conversations/${BEN.id}`)).toMatchObject({
      state: 'RESOLVED',
      labels: [{ name: 'VIP' }],
    });
    expect(visit.mishaps).toEqual([]);
    await visit.close();
  });

  it('finds a customer, and hands a conversation over', async () => {
    const visit = await browser.visit(`${service.url()}/desk`);
    const hand = device === 'mouse' ? new Mouse(visit) : new Keyboard(visit);
    const { page } = visit;
    await hand.press(/^Olivia Operator/);
    const gregor = DEMO.conversations.find(({ displayName }) => displayName === 'Gregor Guest')!;

    await hand.search('gregor');
    await page.getByText('1 conversation', { exact: true }).waitFor();
    await hand.open('Gregor Guest');
    await page.getByRole('region', { name: 'Gregor Guest' }).waitFor();
    await hand.use('t', 'Hand over');
    await hand.choose('Support');
    await hand.submit('Hand over');
    await page.getByText('Gregor Guest is in Support now.').waitFor();
    expect(await api(`/conversations/${gregor.id}`)).toMatchObject({
      state: 'QUEUED',
      inboxName: 'Support',
    });
    await visit.close();
  });

  it('shows a conversation that comes by itself, and says so in the title', async () => {
    const visit = await browser.visit(`${service.url()}/desk`);
    const { page } = visit;
    const hand = device === 'mouse' ? new Mouse(visit) : new Keyboard(visit);
    await hand.press(/^Olivia Operator/);
    await page.getByText(/^Live, /).waitFor();
    const { conversation } = (await writes('Nina New')) as { conversation: { id: string } };
    const asMona = { ...HEADERS, 'X-Operator-Id': mona.id };
    await api('/allocation/reassign', asMona, {
      conversationId: conversation.id,
      operatorId: olivia.id,
      overrideCapacity: true,
    });
    await page.getByText('Nina New has come to you.').waitFor();
    await until(async () => (await page.title()) === '(1) Desk – Demo Tenant');
    await hand.open('Nina New');
    await until(async () => (await page.title()) === 'Desk – Demo Tenant');
    await visit.close();
  });
});

/** Somebody who never touches the keyboard, except to type what they look for. */
class Mouse {
  constructor(protected readonly visit: Visit) {}

  press(name: string | RegExp): Promise<void> {
    return this.visit.page.getByRole('button', { name, exact: true }).click();
  }

  use(_key: string, name: string | RegExp): Promise<void> {
    return this.press(name);
  }

  submit(name: string): Promise<void> {
    return this.visit.page.getByRole('dialog').getByRole('button', { name, exact: true }).last().click();
  }

  choose(name: string): Promise<void> {
    return this.visit.page.getByRole('dialog').getByLabel(name).click();
  }

  open(name: string): Promise<void> {
    return this.visit.page.locator('[data-item]', { hasText: name }).click();
  }

  async search(text: string): Promise<void> {
    await this.visit.page.getByRole('searchbox').click();
    await this.visit.page.keyboard.type(text);
  }
}

/** Somebody who has no mouse. */
class Keyboard extends Mouse {
  override async press(name: string | RegExp): Promise<void> {
    await this.visit.page.getByRole('button', { name, exact: true }).waitFor();
    await this.tabTo(name, 'Tab');
    await this.visit.page.keyboard.press('Enter');
  }

  override use(key: string): Promise<void> {
    return this.visit.page.keyboard.press(key);
  }

  /** A dialog has the focus in its first field, and Enter is its button. */
  override async submit(name: string): Promise<void> {
    await this.visit.page.getByRole('dialog').waitFor();
    await this.visit.page.keyboard.press(name === 'Close' ? 'Escape' : 'Enter');
    await this.visit.page.getByRole('dialog').waitFor({ state: 'hidden' });
  }

  override async choose(name: string): Promise<void> {
    await this.visit.page.getByRole('dialog').getByLabel(name).waitFor();
    const isSearching = await this.visit.page.getByRole('dialog').getByRole('searchbox').isVisible();
    if (isSearching) {
      await this.visit.page.keyboard.type(name);
      await this.visit.page.keyboard.press('Enter');
      return;
    }
    const isRadio = (await this.visit.page.getByRole('dialog').getByRole('radio').count()) > 0;
    await this.tabTo(name, isRadio ? 'ArrowDown' : 'Tab');
    await this.visit.page.keyboard.press('Space');
  }

  override async open(name: string): Promise<void> {
    await this.visit.page.locator('[data-item]', { hasText: name }).waitFor();
    if (await this.visit.page.evaluate<boolean>(IS_SEARCH_FOCUSED))
      await this.visit.page.keyboard.press('Tab');
    await this.tabTo(name, 'j');
    await this.visit.page.keyboard.press('Enter');
  }

  override async search(text: string): Promise<void> {
    await this.visit.page.getByRole('searchbox').waitFor();
    await this.visit.page.keyboard.press('/');
    await this.visit.page.keyboard.type(text);
  }

  /** Presses the key until what has the focus is called so. */
  private async tabTo(name: string | RegExp, key: string): Promise<void> {
    for (let presses = 0; presses < 60; presses++) {
      const focused = await this.visit.page.evaluate<string>(NAME_OF_FOCUSED);
      if (typeof name === 'string' ? focused.startsWith(name) : name.test(focused)) return;
      await this.visit.page.keyboard.press(key);
    }
    throw new Error(`${key} never led to ${String(name)}`);
  }
}
