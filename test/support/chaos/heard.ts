/** The entries that a follower of the feed got, compared with the ledger. */
export interface Heard {
  readonly missing: readonly string[];
  readonly twice: number;
  readonly isInOrder: boolean;
}

/** @param ledger in the order of the feed */
export function heard(ledger: readonly string[], told: readonly string[]): Heard {
  const known = new Set(told);
  const inOrder = ledger.filter((id) => known.has(id));
  return {
    missing: ledger.filter((id) => !known.has(id)),
    twice: told.length - known.size,
    isInOrder: [...known].every((id, i) => id === inOrder[i]),
  };
}
