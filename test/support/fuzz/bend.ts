import fc from 'fast-check';
import type { Draft } from './draft.js';
import { NASTY_TEXTS } from './nasty.js';
import { HIGHEST, placeholder } from './pool.js';

/** Changes a request in one way. The document decides whether it is still valid. */
export type Bend = (draft: Draft) => Draft;

/** Selects one of any number of elements. */
export const where = fc.nat({ max: 1_000 });

export function one<T>(those: readonly T[], n: number): T {
  return those[n % those.length]!;
}

export const nastyText = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NASTY_TEXTS) },
  { weight: 1, arbitrary: fc.nat({ max: HIGHEST }).map((n) => placeholder('foreign', 'any', n)) },
  { weight: 1, arbitrary: fc.nat({ max: HIGHEST }).map((n) => placeholder('own', 'any', n)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 5 }) },
);
