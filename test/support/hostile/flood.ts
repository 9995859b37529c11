import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Headers } from '../application.js';

export interface Flooded {
  /** How many requests got each status. */
  counts: Record<number, number>;
  milliseconds: number;
}

/** Requests that a process of its own sends at the same moment. Their connections stay open until `end`. */
export class Flood {
  private constructor(
    private readonly process: ChildProcess,
    /** Settles when every request has a response. */
    readonly responses: Promise<Flooded>,
  ) {}

  /** Resolves when all connections are open and the requests are on their way. */
  static async begin(url: string, path: string, callers: readonly Headers[]): Promise<Flood> {
    const process = fork(join(__dirname, 'send-at-once.mjs'));
    const requests = callers.map((headers) => {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      return `GET ${path} HTTP/1.1\r\nHost: x\r\n${lines.join('')}\r\n`;
    });
    process.send({ url, requests });
    await once(process, 'message');
    return new Flood(
      process,
      once(process, 'message').then(([flooded]) => flooded as Flooded),
    );
  }

  /** Closes every connection. */
  async end(): Promise<void> {
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
  }
}
