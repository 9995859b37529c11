import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { DEMO } from '../src/demo/demo-data.js';

const ROOT = join(__dirname, '..');
const LINKED = [
  'clients',
  'migrations',
  'nest-cli.json',
  'node_modules',
  'package.json',
  'pnpm-lock.yaml',
  'src',
  'web',
];

/** A checkout of its own, so that its `.data` is nobody else's. Everything is installed and built. */
let checkout: string;
let started: ChildProcess;
let output = '';

/** As npm does it, without what the suite says about databases. */
const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: '0' };

beforeAll(async () => {
  checkout = mkdtempSync(join(realpathSync(tmpdir()), 'inbox-start-'));
  // Under root the server runs as somebody else, who has to get in.
  chmodSync(checkout, 0o755);
  for (const name of [...LINKED, 'tsconfig.json', 'tsconfig.build.json']) {
    symlinkSync(join(ROOT, name), join(checkout, name));
  }
  for (const name of ['scripts', 'dist']) {
    cpSync(join(ROOT, name), join(checkout, name), { recursive: true, preserveTimestamps: true });
  }
  started = spawn(process.execPath, [join(checkout, 'scripts/start.mjs')], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [started.stdout!, started.stderr!]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  await new Promise<void>((resolve, reject) => {
    started.stdout!.on('data', () => output.includes('Ctrl-C stops everything') && resolve());
    started.once('exit', () => reject(new Error(output)));
  });
}, 120_000);
afterAll(async () => {
  await stop();
  rmSync(checkout, { recursive: true });
}, 60_000);

async function stop(): Promise<number | null> {
  if (started.exitCode !== null) return started.exitCode;
  const exited = new Promise<number | null>((resolve) => started.once('exit', resolve));
  started.kill('SIGTERM');
  return exited;
}

/** `npm run …` in that checkout. */
async function script(name: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(checkout, 'scripts', name), ...args], {
    env,
  });
  return stdout;
}

const resetDemo = () => script('command.mjs', 'demo/load-demo-data.js', '--reset', '--yes');

describe('npm start', () => {
  it('prints the addresses of the board and the desk first, and they are there', async () => {
    const banner = output.slice(output.indexOf('  Board'));
    const addresses = [...banner.matchAll(/https?:\S+/g)].map(([address]) => address).slice(0, 2);
    expect(addresses).toEqual([expect.stringMatching(/\/board$/), expect.stringMatching(/\/desk$/)]);
    for (const address of addresses) {
      const response = await fetch(address);
      expect([response.status, await response.text()]).toEqual([
        200,
        expect.stringContaining('<script type="module"'),
      ]);
    }
    const logIn = await fetch(new URL('/web/log-in.json', addresses[0]));
    const { demos } = (await logIn.json()) as { demos: { tenantName: string }[] };
    expect(demos.map(({ tenantName }) => tenantName)).toEqual(['Demo Team', 'Demo Tenant']);
  });

  it('uses a login that owns nothing, and others can query the database meanwhile', async () => {
    const url = (await script('psql.mjs', '--url')).trim();
    const owner = new Client({ connectionString: url });
    await owner.connect();
    try {
      const { rows } = await owner.query(
        `select distinct usename from pg_stat_activity where datname = 'inbox' and pid <> pg_backend_pid()`,
      );
      expect(rows).toEqual([{ usename: 'inbox_service' }]);
    } finally {
      await owner.end();
    }
  });

  it('can reset its demo data while it runs and while it does not', async () => {
    const api = /API +(\S+)/.exec(output)?.[1];
    const headers = { 'x-tenant-id': DEMO.tenant.id, 'x-operator-id': DEMO.operators[0]!.id };
    const allocate = async () => {
      const response = await fetch(`${api}/allocation/allocate`, { method: 'POST', headers });
      return (await response.json()) as object;
    };
    const ben = { conversation: { displayName: 'Ben Buyer', version: 2 } };
    expect(await allocate()).toMatchObject(ben);
    expect(await resetDemo()).toContain('Loaded the tenant "Demo Tenant"');
    expect(await allocate()).toMatchObject(ben);

    expect(await stop()).toBe(0);

    await expect(script('psql.mjs', '--url')).rejects.toThrow('no database runs here');
    expect(await resetDemo()).toContain('Loaded the tenant "Demo Tenant"');
    expect(await script('command.mjs', 'verification/verify.js')).toBe('2 tenants verified: no breach.\n');
  }, 60_000);
});
