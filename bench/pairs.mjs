// @ts-check
// Measures two things in turns, so that other work on the machine affects both.
import { pairedRatio, summary } from './statistics.mjs';

/**
 * Every second pair begins with the reference, unless `always` says that the reference needs the other's results.
 * @template M, R
 * @param {import('./context.mjs').Context} context
 * @param {string} name
 * @param {() => Promise<M>} measure
 * @param {() => Promise<R>} refer
 * @param {{ of: (sample: M | R) => number, always?: 'measured first' }} options
 */
export async function interleaved(context, name, measure, refer, { of, always }) {
  /** @type {M[]} */
  const measured = [];
  /** @type {R[]} */
  const reference = [];
  const { profiler } = context;
  const { repeats } = context.plan;
  for (let i = 0; i < repeats; i++) {
    context.show(`${name}: pair ${i + 1} of ${repeats}`);
    const turns = [
      async () => measured.push(await profiler.part(name, measure)),
      async () => reference.push(await profiler.part(`${name}, the other side`, refer)),
    ];
    if (i % 2 === 1 && always === undefined) turns.reverse();
    for (const turn of turns) await turn();
  }
  const values = { measured: measured.map(of), reference: reference.map(of) };
  return {
    ratio: pairedRatio(values.measured, values.reference),
    measured: { ...summary(values.measured), runs: measured },
    reference: { ...summary(values.reference), runs: reference },
  };
}
