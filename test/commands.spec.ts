import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');

const BUILT: [program: string, usage: string][] = [
  ['dist/src/main.js', 'pnpm run start:prod'],
  ['dist/src/database/migrate.js', 'pnpm run db:run'],
  ['dist/src/verification/verify.js', 'pnpm run verify'],
  ['dist/src/demo/load-demo-data.js', 'pnpm run demo'],
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'inbox-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

interface Ended {
  code: number;
  said: string;
  told: string;
}

/** Runs a program of this checkout in a folder of its own. */
function node(program: string, args: string[], variables: Record<string, string> = {}): Promise<Ended> {
  const env = { PATH: process.env['PATH'], ...variables };
  return new Promise((resolve) => {
    const options = { cwd: folder, env };
    const child = execFile(process.execPath, [join(ROOT, program), ...args], options, (_, said, told) => {
      resolve({ code: child.exitCode ?? 1, said, told });
    });
    child.stdin?.end();
  });
}

describe('every command', () => {
  it.each([...BUILT, ['scripts/start.mjs', 'npm start'], ['scripts/psql.mjs', 'npm run db:psql']])(
    'shows its help and does nothing else: %s --help',
    async (program, usage) => {
      const { code, said, told } = await node(program, ['--help']);
      expect({ code, told }).toEqual({ code: 0, told: '' });
      expect(said).toContain(usage);
    },
  );

  it.each(BUILT)('refuses unknown arguments: %s', async (program, usage) => {
    const { code, said, told } = await node(program, ['--unheard-of']);
    expect({ fails: code > 0, said }).toEqual({ fails: true, said: '' });
    expect(told).toContain("Unknown option '--unheard-of'\n");
    expect(told).toContain(usage);
  });

  it.each([
    ['dist/src/main.js', []],
    ['dist/src/database/migrate.js', ['status']],
    ['dist/src/verification/verify.js', []],
    ['dist/src/demo/load-demo-data.js', []],
  ])('reads .env of the current folder: %s', async (program, args) => {
    const mistake = 'DATABASE_URL: should be a PostgreSQL URL';
    writeFileSync(join(folder, '.env'), 'DATABASE_URL=mysql://localhost/inbox\n');
    expect((await node(program, args)).told).toContain(mistake);
    // What is set counts for more. Nobody listens there.
    const given = { DATABASE_URL: 'postgres://inbox:inbox@127.0.0.1:1/inbox', AUTH_MODE: 'trusted-headers' };
    const { code, told } = await node(program, args, given);
    expect({ fails: code > 0, told }).toEqual({
      fails: true,
      told: expect.stringContaining('the database is not reachable'),
    });
  });

  it('does not read .env in tests', async () => {
    writeFileSync(join(folder, '.env'), 'DATABASE_URL=postgres://inbox:inbox@127.0.0.1:1/inbox\n');
    const { told } = await node('dist/src/verification/verify.js', [], { NODE_ENV: 'test' });
    expect(told).toContain('DATABASE_URL: is required');
  });
});

describe('db:psql', () => {
  const DATABASE_ADMIN_URL = 'postgres://owner:secret@127.0.0.1:1/inbox';
  const DATABASE_URL = 'postgres://service:secret@127.0.0.1:1/inbox';
  // With `test` nothing is read from the developer's .env.
  const variables = { NODE_ENV: 'test', DATABASE_ADMIN_URL, DATABASE_URL };
  const psql = (args: string[], changes = {}) => node('scripts/psql.mjs', args, { ...variables, ...changes });

  it('connects as the owner or as the service', async () => {
    expect((await psql(['--url'])).said).toBe(`${DATABASE_ADMIN_URL}\n`);
    expect((await psql(['--url', '--service'])).said).toBe(`${DATABASE_URL}\n`);
    expect((await psql(['--url'], { DATABASE_ADMIN_URL: '' })).said).toBe(`${DATABASE_URL}\n`);
  });

  it('prints the address when psql is missing', async () => {
    const { code, said } = await psql([], { PATH: folder });
    expect({ code, said }).toEqual({
      code: 0,
      said: `There is no psql on this machine. Paste this into any client for PostgreSQL:\n${DATABASE_ADMIN_URL}\n`,
    });
    expect(await psql(['-c', 'select 1'], { PATH: folder })).toMatchObject({
      code: 1,
      told: 'there is no psql on this machine\n',
    });
  });
});
