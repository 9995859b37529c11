/** What somebody who follows the ledger was told, beside what it holds. */
export interface Heard {
  readonly missing: readonly string[];
  readonly twice: number;
}

export function heard(ledger: readonly string[], told: readonly string[]): Heard {
  const known = new Set(told);
  return { missing: ledger.filter((id) => !known.has(id)), twice: told.length - known.size };
}
