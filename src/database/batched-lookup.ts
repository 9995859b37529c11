import { captureContext, type Within } from '../tracing/tracing.js';

/** The most lookups in one round trip. */
const MOST_TOGETHER = 100;

interface Waiting<Key, Result> {
  readonly key: Key;
  /** Runs a function in the tracing context of the request. */
  readonly within: Within;
  readonly resolve: (response: Result | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Joins the lookups of many requests into one round trip. While the allowed number of round trips is running, further
 * lookups wait and then go together. There is no timer, so a single lookup never waits. A lookup never joins a round
 * trip that began before it, so its result is not older than the request. In traces a round trip belongs to its first
 * request.
 */
export class BatchedLookup<Key, Result> {
  /** By whose turn it is. The first one is next. */
  private readonly waiting = new Map<string, Waiting<Key, Result>[]>();
  private underWay = 0;

  /**
   * @param atOnce the number of concurrent round trips
   * @param turnOf who asks: everybody who waits gets a place in a full round trip before somebody gets a second one
   * @param lookUp looks up a batch; a key without a result is missing in the map, and an error fails the whole batch
   */
  constructor(
    private readonly atOnce: number,
    private readonly turnOf: (key: Key) => string,
    private readonly lookUp: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Result>>,
  ) {}

  find(key: Key): Promise<Result | undefined> {
    return new Promise((resolve, reject) => {
      const lookup = { key, within: captureContext(), resolve, reject };
      const turn = this.turnOf(key);
      const queue = this.waiting.get(turn);
      if (queue === undefined) this.waiting.set(turn, [lookup]);
      else queue.push(lookup);
      if (this.underWay < this.atOnce) void this.next();
    });
  }

  private async next(): Promise<void> {
    const together = this.nextInTurn();
    const [first] = together;
    if (first === undefined) return;
    this.underWay++;
    try {
      const results = await first.within(() => this.lookUp(together.map(({ key }) => key)));
      for (const { key, resolve } of together) resolve(results.get(key));
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
    this.underWay--;
    if (this.waiting.size > 0 && this.underWay < this.atOnce) void this.next();
  }

  private nextInTurn(): Waiting<Key, Result>[] {
    const together: Waiting<Key, Result>[] = [];
    for (const [turn, queue] of this.waiting) {
      if (together.length === MOST_TOGETHER) break;
      together.push(...queue.splice(0, 1));
      // The next turn comes after those of everybody else; this loop gets there too.
      this.waiting.delete(turn);
      if (queue.length > 0) this.waiting.set(turn, queue);
    }
    return together;
  }
}
