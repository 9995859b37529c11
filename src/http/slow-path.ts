/** With 16 refusals of about 0.2 ms, a turn of the event loop stays short. */
const IN_A_TURN = 16;

/**
 * Work that must not keep the event loop from others, such as the refusal of thousands of requests that came at once: a
 * few go on in each turn of the event loop, and what others want is done in between.
 */
export class SlowPath {
  private readonly waiting: (() => void)[] = [];

  /** Resolves in one of the next turns of the event loop. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      if (this.waiting.push(resolve) === 1) setImmediate(() => this.next());
    });
  }

  private next(): void {
    for (const resolve of this.waiting.splice(0, IN_A_TURN)) resolve();
    if (this.waiting.length > 0) setImmediate(() => this.next());
  }
}
