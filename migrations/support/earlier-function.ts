import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A function as an earlier migration made it, for the `down` of a later one that replaces it. That migration is frozen,
 * so its text is taken from what it would run.
 */
export async function earlierFunction(migration: MigrationInterface, name: string): Promise<string> {
  const texts: string[] = [];
  await migration.up({ query: (text: string) => void texts.push(text) } as unknown as QueryRunner);
  const found = new RegExp(`create (?:or replace )?(function ${name}\\([\\s\\S]*?\\n *\\$\\$;)`).exec(
    texts.join('\n'),
  );
  if (found?.[1] === undefined) throw new Error(`${migration.constructor.name} makes no function ${name}`);
  return `create or replace ${found[1]}`;
}

/** The text with one part of it replaced, for a small change of a long function. */
export function withPart(text: string, part: string, replacement: string): string {
  const pieces = text.split(part);
  if (pieces.length !== 2) throw new Error(`${pieces.length - 1} times, not once: ${part}`);
  return pieces.join(replacement);
}
