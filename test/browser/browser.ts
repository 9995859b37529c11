import { execFileSync } from 'node:child_process';
import { AxeBuilder } from '@axe-core/playwright';
import { SignJWT } from 'jose';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { TestApplication } from '../support/application.js';
import type { Person } from '../support/world.js';

export const SECRET = 'a-secret-of-a-browser-test-0123456789';
/** Operators prove who they are with a token, as in production. */
export const WITH_TOKENS = {
  AUTH_MODE: 'jwt',
  JWT_SECRET: SECRET,
  STREAM_POLL_INTERVAL_MS: '20',
};

/** Runs in the page. */
const NOTE_VIOLATIONS = `addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
  noteViolation([violatedDirective, blockedURI, sample].join(' ')));`;

export interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly isDark?: boolean;
}

/** A Chromium without a window. Each person has a profile of their own in it. */
export class TestBrowser {
  private constructor(private readonly browser: Browser) {}

  static async start(): Promise<TestBrowser> {
    const name = process.env['TEST_BROWSER'] ?? 'chromium';
    const executablePath = name.includes('/')
      ? name
      : execFileSync('sh', ['-c', 'command -v "$0"', name], { encoding: 'utf8' }).trim();
    const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];
    return new TestBrowser(await chromium.launch({ executablePath, args }));
  }

  /** The page as a new visitor opens it. What goes wrong in it is kept. */
  async visit(url: string, look: Look = {}): Promise<Visit> {
    const { width = 1400, height = 1000, isDark = false } = look;
    const context = await this.browser.newContext({
      viewport: { width, height },
      colorScheme: isDark ? 'dark' : 'light',
      reducedMotion: 'reduce',
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
    });
    context.setDefaultTimeout(15_000);
    return Visit.open(context, url);
  }

  close(): Promise<void> {
    return this.browser.close();
  }
}

/** A page that somebody looks at. */
export class Visit {
  /** Scripts that the policy refused, dialogs that a script opened, errors that nobody caught. */
  readonly mishaps: string[] = [];

  private constructor(
    private readonly context: BrowserContext,
    readonly page: Page,
  ) {}

  static async open(context: BrowserContext, url: string): Promise<Visit> {
    const page = await context.newPage();
    const visit = new Visit(context, page);
    page.on('dialog', (dialog) => {
      visit.mishaps.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('pageerror', (error) => visit.mishaps.push(`error: ${error.stack ?? error.message}`));
    await page.exposeFunction('noteViolation', (what: string) => visit.mishaps.push(`refused: ${what}`));
    await page.addInitScript(NOTE_VIOLATIONS);
    await page.goto(url);
    return visit;
  }

  /** What axe finds wrong, with where. */
  async barriers(): Promise<string[]> {
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary ?? ''}`),
    );
  }

  async logIn(token: string): Promise<void> {
    await this.page.getByLabel(/bearer token/i).fill(token);
    await this.page.getByRole('button', { name: 'Log in' }).click();
  }

  close(): Promise<void> {
    return this.context.close();
  }
}

/** A token as the identity provider gives it. */
export function tokenOf({ tenantId, id }: Pick<Person, 'tenantId' | 'id'>, lifetime = '1h'): Promise<string> {
  return new SignJWT({ tenant_id: tenantId })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(id)
    .setExpirationTime(lifetime)
    .sign(new TextEncoder().encode(SECRET));
}

/** What a test of the pages needs, once its tests run. */
export interface Pages {
  /** A service that believes headers, for what others do meanwhile. */
  readonly gateway: TestApplication;
  /** A service on the same database whose callers have tokens, as people in a browser do. */
  readonly app: TestApplication;
  readonly browser: TestBrowser;
}

/** Serves the pages for the tests of a file, and opens a browser. */
export function servedPages(): Pages {
  const pages = {} as { -readonly [name in keyof Pages]: Pages[name] };
  beforeAll(async () => {
    pages.gateway = await TestApplication.start();
    pages.app = await pages.gateway.another(WITH_TOKENS);
    pages.browser = await TestBrowser.start();
  }, 60_000);
  afterAll(async () => {
    await pages.browser.close();
    await pages.app.stop();
    await pages.gateway.stop();
  });
  return pages;
}
