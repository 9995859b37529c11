import { SECTIONS } from './variables.js';

/** Variables that the service reads. */
export const KNOWN_VARIABLES: readonly string[] = SECTIONS.flatMap(({ variables }) =>
  variables.map(({ name }) => name),
);

/**
 * A line for each variable that looks like a misspelt known one. The known one must be unset: whoever has set
 * DATABASE_URL may have a DATABASE_URI for another program next to it.
 */
export function describeMisspellings(source: NodeJS.ProcessEnv): string[] {
  const unset = KNOWN_VARIABLES.filter((name) => !source[name]?.trim());
  const unknown = Object.keys(source).filter((name) => !KNOWN_VARIABLES.includes(name));
  return unknown.flatMap((name) => {
    const [nearest] = [0, 1, 2].flatMap((edits) => unset.filter((known) => looksLike(name, known, edits)));
    return nearest === undefined
      ? []
      : [`${name}: is not a variable of this service, did you mean ${nearest}?`];
  });
}

/**
 * Short names differ in a letter or two from a lot that has nothing to do with us (HOST and HOME, PORT
 * and PATH), so for them only swapped letters count. Long ones must also begin or end alike.
 */
function looksLike(name: string, known: string, edits: number): boolean {
  const upper = name.toUpperCase();
  if (known.length < 8) return sortedLetters(name) === sortedLetters(known);
  const alike = upper.slice(0, 3) === known.slice(0, 3) || upper.slice(-3) === known.slice(-3);
  return alike && withinEdits(upper, known, edits);
}

const sortedLetters = (text: string): string => text.split('').sort().join('');

/** Whether so many insertions, deletions, replacements and swaps of neighbours turn one into the other. */
export function withinEdits(from: string, to: string, edits: number): boolean {
  let same = 0;
  while (same < from.length && from[same] === to[same]) same++;
  const [a, b] = [from.slice(same), to.slice(same)];
  if (a === b) return true;
  if (edits === 0) return false;
  const swapped = a[0] === b[1] && a[1] === b[0];
  return (
    withinEdits(a.slice(1), b, edits - 1) ||
    withinEdits(a, b.slice(1), edits - 1) ||
    withinEdits(a.slice(1), b.slice(1), edits - 1) ||
    (swapped && withinEdits(a.slice(2), b.slice(2), edits - 1))
  );
}
