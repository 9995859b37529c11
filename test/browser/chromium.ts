import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../support/until.js';

/** A page in a Chromium without a window, at an address of its own, which reports to the test. */
export class PageInChromium {
  /** What the page has reported so far. */
  readonly reports: unknown[] = [];

  private constructor(
    readonly origin: string,
    private readonly server: Server,
    private readonly page: { html: string },
    private browser: ChildProcess | null = null,
    private readonly profile = mkdtempSync(join(tmpdir(), 'inbox-browser-')),
  ) {}

  /** The address is known before the page, because the service must allow it. */
  static async prepare(): Promise<PageInChromium> {
    const page = { html: '' };
    let prepared: PageInChromium | null = null;
    const server = createServer((request, response) => {
      if (request.method !== 'POST') {
        response.setHeader('Content-Type', 'text/html; charset=utf-8').end(page.html);
        return;
      }
      void request
        .setEncoding('utf8')
        .toArray()
        .then((chunks) => {
          prepared?.reports.push(JSON.parse(chunks.join('')));
          response.end();
        });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    prepared = new PageInChromium(`http://127.0.0.1:${port}`, server, page);
    return prepared;
  }

  /** @param script of the page; `report(value)` reports to the test */
  open(script: string): void {
    const report = `const report = (value) => fetch('/', { method: 'POST', body: JSON.stringify(value) });`;
    this.page.html = `<!doctype html><title>test</title><script type="module">${report}${script}</script>`;
    const args = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      `--user-data-dir=${this.profile}`,
      this.origin,
    ];
    // In a group of its own, so that its children end with it. They would go on writing into the profile.
    this.browser = spawn(process.env['TEST_BROWSER'] ?? 'chromium', args, {
      stdio: 'ignore',
      detached: true,
    });
  }

  /** Waits for a report. */
  async reported(isIt: (report: unknown) => boolean): Promise<void> {
    await until(() => Promise.resolve(this.reports.some(isIt)), 20_000).catch(() => {
      throw new Error(`the page reported only ${JSON.stringify(this.reports)}`);
    });
  }

  async close(): Promise<void> {
    if (this.browser?.exitCode === null && this.browser.pid !== undefined) {
      const ended = once(this.browser, 'exit');
      process.kill(-this.browser.pid, 'SIGKILL');
      await ended;
    }
    this.server.closeAllConnections();
    this.server.close();
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
