import { SECTIONS } from './variables.js';

/** The variables that the service reads. */
export const KNOWN_VARIABLES: readonly string[] = SECTIONS.flatMap(({ variables }) =>
  variables.map(({ name }) => name),
);

/**
 * One line for each variable that looks like a misspelled known one. The known one must be unset, because DATABASE_URI
 * next to DATABASE_URL can belong to another program.
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
 * Short names differ by a letter or two from many unrelated names (HOST and HOME, PORT and PATH), so for them only
 * swapped letters count. Long names must also have the same beginning or end.
 */
function looksLike(name: string, known: string, edits: number): boolean {
  const upper = name.toUpperCase();
  if (known.length < 8) return sortedLetters(name) === sortedLetters(known);
  const alike = upper.slice(0, 3) === known.slice(0, 3) || upper.slice(-3) === known.slice(-3);
  return alike && withinEdits(upper, known, edits);
}

const sortedLetters = (text: string): string => text.split('').sort().join('');

/** Whether this number of insertions, deletions, replacements and swaps turns one text into the other. */
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
