// @ts-check
// Random values of one seed.
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export class Chance {
  /** @param {number} seed */
  constructor(seed) {
    this.generator = xoroshiro128plus(seed);
  }

  /** From 0 to just below 1. */
  share() {
    return uniformFloat64(this.generator);
  }

  /** @param {number} low @param {number} high */
  between(low, high) {
    return low + (high - low) * this.share();
  }

  /** @param {number} mean */
  exponential(mean) {
    return -mean * Math.log(1 - this.share());
  }

  /** Log-normal: most are short, some are long. @param {number} mean @param {number} sigma */
  skewed(mean, sigma) {
    const normal = Math.sqrt(-2 * Math.log(1 - this.share())) * Math.cos(2 * Math.PI * this.share());
    return mean * Math.exp(sigma * normal - (sigma * sigma) / 2);
  }
}
