/** Finds the rows of one tenant that break one invariant of docs/architecture.md. */
export interface Check {
  readonly name: string;
  /**
   * $1 is the tenant. Selects a row for each breach: `subject` (what kind of thing is wrong), `id` (which one) and
   * `problem` (in words). It filters every table by tenant: the owner of the schema may be a superuser, and row-level
   * security does not bind superusers.
   */
  readonly text: string;
  /** A warning may have an innocent explanation. It is reported and does not make `verify` fail. */
  readonly severity: 'breach' | 'warning';
}

export function breach(name: string, text: string): Check {
  return { name, text, severity: 'breach' };
}

export function warning(name: string, text: string): Check {
  return { name, text, severity: 'warning' };
}
