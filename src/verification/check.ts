/** Finds the rows of one tenant that break one invariant of docs/architecture.md. */
export interface Check {
  readonly name: string;
  /**
   * $1 is the tenant. Selects `subject` (what kind of thing is wrong), `id` (which one) and `problem` (in words), a row
   * for each breach and none in a sound database. Asks for the tenant in every table: the owner of the schema may be a
   * superuser, whom row-level security does not bind.
   */
  readonly text: string;
  /** A warning has an innocent explanation that the database can't rule out; it is told and does not fail. */
  readonly severity: 'breach' | 'warning';
}

export function breach(name: string, text: string): Check {
  return { name, text, severity: 'breach' };
}

export function warning(name: string, text: string): Check {
  return { name, text, severity: 'warning' };
}
