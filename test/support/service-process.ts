import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { logFile } from './log-file.js';
import { builtProgram } from './packages/built-program.js';
import { serviceVariables } from './settings.js';

/** The built service as a process of its own. */
export class ServiceProcess {
  private constructor(
    readonly process: ChildProcess,
    readonly url: string,
  ) {}

  static async start(
    databaseUrl: string,
    changes: Record<string, string> = {},
    program = builtProgram('main.js'),
  ): Promise<ServiceProcess> {
    const variables = serviceVariables(databaseUrl, changes);
    const child = spawn(process.execPath, [program], {
      env: { PATH: process.env['PATH'], ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = logFile(variables);
    child.stdout.on('data', (chunk: Buffer) => log.write(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      log.write(chunk);
      process.stderr.write(chunk);
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /listening on (http:[^"\s]+)/.exec(line)?.[1];
      if (url !== undefined) {
        // Keep reading, because a full pipe would stop the process.
        child.stdout.resume();
        return new ServiceProcess(child, url);
      }
    }
    throw new Error('the service ended before it listened');
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const { exitCode, signalCode } = this.process;
    if (exitCode !== null || signalCode !== null) return exitCode;
    const ended = once(this.process, 'exit');
    this.process.kill(signal);
    const [code] = (await ended) as [number | null];
    return code;
  }
}
