import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { SignJWT } from 'jose';
import { TestApplication } from '../support/application.js';
import { World } from '../support/world.js';
import { PageInChromium } from './chromium.js';

const SECRET = 'a-secret-of-a-browser-test-0123456789';
const CONFIGURATION = {
  compilerOptions: {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    module: 'nodenext',
    target: 'es2022',
    outDir: 'out',
  },
};
const NODE = `
import { tour } from './out/tour.js';
console.log(JSON.stringify(await tour(JSON.parse(process.argv[2]))));
`;
const TOLD = [
  '1 created QUEUED',
  '2 created QUEUED',
  'allocated 1',
  'conversation.created',
  'conversation.created',
  'conversation.allocated 1 version 2',
  'CONVERSATION_ALREADY_RESOLVED: RESOLVED null',
  'CONVERSATION_NOT_QUEUED: RESOLVED',
  'feed: conversation.resolved',
];

/** A project with the packed client and nothing else. */
const project = mkdtempSync(join(tmpdir(), 'inbox-consumer-'));
let gateway: TestApplication;
let app: TestApplication;
let page: PageInChromium;
beforeAll(async () => {
  gateway = await TestApplication.start();
  page = await PageInChromium.prepare();
  const variables = {
    AUTH_MODE: 'jwt',
    JWT_SECRET: SECRET,
    CORS_ORIGINS: page.origin,
    STREAM_POLL_INTERVAL_MS: '20',
  };
  app = await gateway.another(variables);
  await install();
}, 120_000);
afterAll(async () => {
  await page.close();
  await app.stop();
  await gateway.stop();
  rmSync(project, { recursive: true });
});

async function install(): Promise<void> {
  const inClient = { cwd: resolve('clients/typescript') };
  await run('npm', ['pack', '--silent', '--pack-destination', project], inClient);
  const [archive = ''] = readdirSync(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(CONFIGURATION));
  cpSync('test/browser/consumer/tour.ts', join(project, 'tour.ts'));
  await run('npm', ['install', '--no-audit', '--no-fund', '--silent', `./${archive}`]);
  await run(process.execPath, [resolve('node_modules/typescript/bin/tsc')]);
}

/** @throws an error with all that the command said */
async function run(
  command: string,
  args: string[],
  options: { cwd: string } = { cwd: project },
): Promise<string> {
  try {
    return (await promisify(execFile)(command, args, { ...options, timeout: 60_000 })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args[0] ?? ''}: ${stdout}${stderr}`, { cause: error });
  }
}

async function settings(name: string): Promise<Record<string, string>> {
  const world = await World.create(gateway);
  const inbox = await world.inbox();
  const { id } = await world.operator({ inboxes: [inbox], status: 'OFFLINE' });
  const { Authorization: key = '' } = await world.service(['ingest']);
  const token = await new SignJWT({ tenant_id: world.tenantId })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(id)
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(SECRET));
  const apiKey = key.replace('Bearer ', '');
  return { baseUrl: app.url, apiKey, token, operatorId: id, inboxId: inbox.id, run: name };
}

it('works in Node, in a strict project that has nothing else', async () => {
  writeFileSync(join(project, 'run.mjs'), NODE);
  const told = await run(process.execPath, ['run.mjs', JSON.stringify(await settings('node'))]);
  expect(JSON.parse(told)).toEqual(TOLD);
});

it('works in Chromium', async () => {
  const script = bundled(`
    import { tour } from './out/tour.js';
    tour(${JSON.stringify(await settings('browser'))}).then(report, (error) => report(String(error)));
  `);
  page.open(script);
  await page.reported(() => true);
  expect(page.reports).toEqual([TOLD]);
}, 60_000);

it('brings into a bundle only what is used', () => {
  const all = bundled("export * from './out/tour.js'").length;
  const client = bundled("import { createClient as client } from '@inbox-allocation/client'; report(client)");
  expect(client).not.toMatch(/Last-Event-ID|TextLineStream/);
  expect(client.length).toBeLessThan(0.7 * all);
});

function bundled(contents: string): string {
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir: project },
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  });
  return outputFiles[0]!.text;
}
