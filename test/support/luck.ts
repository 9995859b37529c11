import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A random generator. The same seed and the same calls give the same values. */
export class Luck {
  private readonly generator;

  constructor(seed: number) {
    this.generator = xoroshiro128plus(seed);
  }

  /** A whole number, both ends included. */
  between(low: number, high: number): number {
    return uniformInt(this.generator, low, high);
  }

  happens(share: number): boolean {
    return uniformFloat64(this.generator) < share;
  }

  oneOf<T>(items: readonly T[]): T {
    return items[this.between(0, items.length - 1)]!;
  }

  /** The values in a random order. */
  shuffled<T>(items: readonly T[]): T[] {
    const keyed = items.map((item) => ({ item, key: uniformFloat64(this.generator) }));
    return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
  }

  /** An independent generator, so that the timing of one user does not affect another. */
  another(): Luck {
    return new Luck(this.between(1, 2 ** 31 - 1));
  }
}
