import { Problem, PROBLEMS } from './problem.js';
import { toProblem } from './to-problem.js';

/** The result of an item that is refused, with the status that it would get alone. */
export interface RefusedItem {
  index: number;
  status: number;
  error: { code: string; detail: string };
}

export function refusedItem(index: number, { code, detail, members }: Problem): RefusedItem {
  return { index, status: PROBLEMS[code][0], error: { code, detail, ...members } };
}

/**
 * The result of one item. What the item itself is refused for does not affect the others.
 * @throws what is no fault of the item: then the batch fails
 */
export async function resultOf<Item, Result extends object>(
  index: number,
  item: Item | Problem,
  work: (item: Item) => Promise<Result>,
): Promise<(Result & { index: number }) | RefusedItem> {
  if (item instanceof Problem) return refusedItem(index, item);
  try {
    return { index, ...(await work(item)) };
  } catch (error) {
    const problem = toProblem(error);
    if (PROBLEMS[problem.code][0] >= 500) throw error;
    return refusedItem(index, problem);
  }
}
