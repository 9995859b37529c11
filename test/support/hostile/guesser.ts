import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Headers } from '../application.js';

/** Sends requests over many connections, from a process of its own, until `end`. */
export class Guesser {
  /** How many responses had each status so far. */
  counts: Record<number, number> = {};

  private constructor(private readonly process: ChildProcess) {
    process.on('message', (counts: Record<number, number>) => (this.counts = counts));
  }

  /** @param callers the headers of the requests, which are sent in turn */
  static begin(url: string, path: string, callers: readonly Headers[], connections: number): Guesser {
    const process = fork(join(__dirname, 'keep-guessing.mjs'));
    const requests = callers.map((headers) => {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      return `GET ${path} HTTP/1.1\r\nHost: x\r\n${lines.join('')}\r\n`;
    });
    process.send({ url, requests, connections });
    return new Guesser(process);
  }

  async end(): Promise<void> {
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
  }
}
