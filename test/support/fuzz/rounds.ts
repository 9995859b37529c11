/** Pause between two lines of progress: short at a terminal, long in a log. */
const SECONDS_BETWEEN_LINES = process.stderr.isTTY ? 5 : 60;

/** Rounds of requests with different seeds: one, or as many as fit into the minutes. */
export class Rounds {
  private readonly started = Date.now();
  private toldAt = Date.now();

  /**
   * @param minutes null: one round
   * @param parts the number of parts that share the minutes
   */
  constructor(
    private readonly seed: number,
    private readonly minutes: number | null,
    parts: number,
  ) {
    this.part = ((minutes ?? 0) * 60_000) / parts;
    if (minutes !== null) say(`fuzzing for ${minutes} minutes, TEST_SEED=${seed}`);
  }

  /** The duration of a part in milliseconds; 0 for a single round. */
  readonly part: number;

  async run(responses: ReadonlyMap<number, number>, round: (seed: number) => Promise<void>): Promise<void> {
    const end = Date.now() + this.part;
    let seed = this.seed;
    do {
      await round(seed++);
      this.progress(responses);
    } while (Date.now() < end);
  }

  private progress(responses: ReadonlyMap<number, number>): void {
    if (this.minutes === null || Date.now() < this.toldAt + SECONDS_BETWEEN_LINES * 1_000) return;
    this.toldAt = Date.now();
    say(`${clock(this.toldAt - this.started)} of ${clock(this.minutes * 60_000)}, ${tally(responses)}`);
  }
}

/** `1,234 requests: 2xx 400, 4xx 834`. */
export function tally(responses: ReadonlyMap<number, number>): string {
  const kinds = [...responses].sort(([a], [b]) => a - b);
  const sum = kinds.reduce((sofar, [, count]) => sofar + count, 0);
  const shown = kinds.map(([digit, count]) => `${digit}xx ${count.toLocaleString('en')}`);
  return `${sum.toLocaleString('en')} requests: ${shown.join(', ')}`;
}

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Minutes and seconds. */
export function clock(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
