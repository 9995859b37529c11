/** The most trigrams that a part is looked up by. Each costs a look-up, and one that many texts have costs most. */
export const LOOKED_UP = 4;

/**
 * The trigrams of a text: each three successive characters of a line, hashed together with the tenant. So the index
 * keeps a list for each tenant and trigram, and a search never reads what other tenants have. Two trigrams with the same
 * hash only make a candidate that does not contain the part.
 */
export function trigramsOf(tenantId: string, text: string): number[] {
  const trigrams = new Set<number>();
  const seed = Number.parseInt(tenantId.slice(-8), 16);
  for (let i = 0; i + 2 < text.length; i++) {
    const [a, b, c] = [text.charCodeAt(i), text.charCodeAt(i + 1), text.charCodeAt(i + 2)];
    if (a !== LINE_END && b !== LINE_END && c !== LINE_END) trigrams.add(hash(seed, a, b, c));
  }
  return [...trigrams];
}

/**
 * The trigrams by which a part is looked up: those that the fewest texts of a sample have. A text with these and without
 * the part is a wrong candidate, and few are.
 */
export function rarestTrigrams(tenantId: string, part: string, sample: readonly string[]): number[] {
  const all = Array.from({ length: part.length - 2 }, (_, i) => part.slice(i, i + 3));
  const counted = [...new Set(all)].map((trigram) => ({
    trigram,
    count: sample.filter((text) => text.includes(trigram)).length,
  }));
  counted.sort((a, b) => a.count - b.count);
  return counted.slice(0, LOOKED_UP).flatMap(({ trigram }) => trigramsOf(tenantId, trigram));
}

const LINE_END = 10;

/** 32 bits, signed like an integer of PostgreSQL. Rows in the database have them, so the function cannot change. */
function hash(seed: number, ...units: readonly number[]): number {
  let mixed = seed | 0;
  // The steps of MurmurHash3.
  for (const unit of units) {
    mixed ^= Math.imul(rotate(Math.imul(unit, 0xcc9e2d51), 15), 0x1b873593);
    mixed = (Math.imul(rotate(mixed, 13), 5) + 0xe6546b64) | 0;
  }
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) | 0;
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
