import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { demoService } from './support/demo-service.js';

const directory = mkdtempSync(join(tmpdir(), 'inbox-examples-'));
const service = demoService();
let network: Server | null = null;
afterAll(() => {
  network?.close();
  rmSync(directory, { recursive: true });
});

async function run(command: string, args: string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)(command, args, { timeout: 25_000 });
  return stdout.trim().split('\n');
}

/** A network that loses the response to the first message, and a proxy that refuses the second one for a moment. */
async function badNetwork(): Promise<string> {
  let messages = 0;
  network = createServer((request, response) => {
    void (async () => {
      const body = Buffer.concat(await request.toArray());
      messages += request.method === 'POST' ? 1 : 0;
      if (messages === 3 && request.method === 'POST') {
        response.writeHead(503, { 'Retry-After': '0' }).end('<p>Service unavailable</p>');
        return;
      }
      const { method = '', headers, url = '' } = request;
      const sent = Object.entries(headers).filter(([name]) =>
        /^(content-type|idempotency-key|x-)/.test(name),
      );
      const passed = await fetch(`${service.url()}${url}`, {
        method,
        headers: sent as [string, string][],
        body: method === 'POST' ? body : null,
      });
      const text = await passed.text();
      if (messages === 1 && method === 'POST') response.destroy();
      else response.writeHead(passed.status, { 'Content-Type': 'application/json' }).end(text);
    })();
  });
  await new Promise<void>((resolve) => network?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(network.address() as AddressInfo).port}`;
}

it('the desk takes what waits, and sees it in its stream', async () => {
  const outfile = join(directory, 'desk.mjs');
  const entryPoints = ['examples/desk.ts'];
  buildSync({
    entryPoints,
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    tsconfig: 'tsconfig.json',
  });
  const lines = await run(process.execPath, [outfile, service.url()]);
  expect(lines[0]).toBe('the stream is open');
  expect(lines).toContain('Olivia is done with Ben Buyer');
  expect(lines.filter((line) => line.includes('conversation.resolved')).length).toBeGreaterThan(2);
});

it('the orchestrator repeats what got no response, and goes on where it was in the feed', async () => {
  if (spawnSync('python3', ['--version']).status !== 0) {
    console.warn('there is no python3 here, so examples/orchestrator.py is not tried');
    return;
  }
  const messages = join(directory, 'messages.jsonl');
  const cursor = join(directory, 'feed.cursor');
  const message = (n: number) =>
    JSON.stringify({
      externalConversationId: `example-${n}`,
      inboxPhoneNumber: '+4930901820',
      messageId: `m-${n}`,
    });
  writeFileSync(messages, [message(1), '', message(2), '{"inboxId": "nowhere"}'].join('\n'));
  const program = [
    'examples/orchestrator.py',
    messages,
    '--cursor',
    cursor,
    '--once',
    '--url',
    await badNetwork(),
  ];
  const lines = await run('python3', program);
  expect(lines.slice(0, 2)).toEqual(['created example-1', 'created example-2']);
  expect(lines[2]).toMatch(/^refused None: VALIDATION_FAILED/);
  const created = (told: string[]) => told.filter((line) => /^conversation.created example-/.test(line));
  expect(created(lines)).toHaveLength(2);
  const kept = readFileSync(cursor, 'utf8');

  writeFileSync(messages, `${message(1)}\n${message(3)}\n`);
  const more = await run('python3', program);
  expect(more.slice(0, 2)).toEqual(['created example-1', 'created example-3']);
  expect(created(more)).toEqual([expect.stringContaining('example-3')]);
  expect(readFileSync(cursor, 'utf8')).not.toBe(kept);
});
