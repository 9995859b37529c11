import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { builtProgram } from '../packages/built-program.js';

interface Address {
  url: string;
  data: string;
}

/** A PostgreSQL server that a test may kill and start again with its data, perhaps on another port. */
export class OwnPostgres {
  private readonly directory = mkdtempSync(join(tmpdir(), 'inbox-faults-'));
  private keeper: ChildProcess;
  private address: Address;

  /** A new server with a migrated, empty database. */
  static async start(): Promise<OwnPostgres> {
    const server = new OwnPostgres();
    await server.start();
    execFileSync(process.execPath, [builtProgram('database/migrate.js'), 'run'], {
      env: { PATH: process.env['PATH'], NODE_ENV: 'test', DATABASE_URL: server.url },
      stdio: 'pipe',
    });
    return server;
  }

  get url(): string {
    return this.address.url;
  }

  async start(): Promise<void> {
    const script = join(__dirname, 'postgres-keeper.mjs');
    this.keeper = spawn(process.execPath, [script, this.directory], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface({ input: this.keeper.stdout! }), 'line')) as [string];
    this.address = JSON.parse(line) as Address;
  }

  /** Kills all its processes at once, as the kernel does when memory runs out. */
  async kill(): Promise<void> {
    const gone = once(this.keeper, 'exit');
    const postmaster = readFileSync(join(this.address.data, 'postmaster.pid'), 'utf8').split('\n', 1)[0]!;
    for (const pid of [postmaster, ...childrenOf(postmaster)]) killed(Number(pid));
    await gone;
  }

  async remove(): Promise<void> {
    if (this.keeper.exitCode === null) {
      const gone = once(this.keeper, 'exit');
      this.keeper.stdin!.end();
      await gone;
    }
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

function childrenOf(pid: string): string[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const rows = table.split('\n').map((row) => row.trim().split(/\s+/));
  return rows.filter(([, parent]) => parent === pid).map(([child]) => child!);
}

function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
