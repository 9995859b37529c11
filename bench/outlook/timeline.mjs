// @ts-check
// What happens later, in the order of time.

/** @typedef {{ at: number, number: number, what: (now: number) => void }} Entry */

export class Timeline {
  constructor() {
    /** A heap: no entry is later than the two below it. @type {Entry[]} */
    this.entries = [];
    this.count = 0;
  }

  /** @param {number} at @param {(now: number) => void} what */
  at(at, what) {
    const entry = { at, number: this.count++, what };
    let place = this.entries.length;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const other = this.entries[above];
      if (other === undefined || isBefore(other, entry)) break;
      this.entries[place] = other;
      place = above;
    }
    this.entries[place] = entry;
  }

  /** @param {number} end */
  run(end) {
    for (let next = this.next(); next !== undefined && next.at < end; next = this.next()) next.what(next.at);
  }

  /** @returns {Entry | undefined} the first one, which is taken out */
  next() {
    const [first] = this.entries;
    const last = this.entries.pop();
    const size = this.entries.length;
    if (first === undefined || last === undefined || size === 0) return first;
    let place = 0;
    for (let below = 1; below < size; below = 2 * place + 1) {
      const [left, right] = this.entries.slice(below, below + 2);
      const smaller = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
      if (smaller === undefined || isBefore(last, smaller)) break;
      this.entries[place] = smaller;
      place = smaller === left ? below : below + 1;
    }
    this.entries[place] = last;
    return first;
  }
}

/** @param {Entry} a @param {Entry} b */
function isBefore(a, b) {
  return a.at < b.at || (a.at === b.at && a.number < b.number);
}
